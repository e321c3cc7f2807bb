with

records as (
    {{ latest_version(source('raw', 'pos_order_lines')) }}
),

renamed as (
    select
        record_key as order_line_id,
        order_key as order_id,
        product_key as product_id,

        line_number,
        quantity,
        net_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        cost_amount,
        {{ currency_code() }} as currency,
        {{ trimmed('promotion') }} as promotion,
        coalesce(is_return, quantity < 0, false) as is_return,
        {{ code('return_reason') }} as return_reason,

        booked_at,
        {{ to_company_date('booked_at') }} as booked_date,

        {{ record_columns() }}
    from records
)

select * from renamed
