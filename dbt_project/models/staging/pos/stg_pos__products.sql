with

records as (
    {{ latest_version(source('raw', 'pos_products')) }}
),

renamed as (
    select
        record_key as product_id,

        {{ trimmed('name') }} as product_name,
        {{ trimmed('category') }} as category,
        {{ trimmed('subcategory') }} as subcategory,
        {{ trimmed('brand') }} as brand,
        {{ trimmed('supplier') }} as supplier,
        unit_price,
        unit_cost,
        {{ currency_code() }} as currency,
        coalesce(is_subscription, false) as is_subscription,

        launched_on as launched_date,

        {{ record_columns() }}
    from records
)

select * from renamed
