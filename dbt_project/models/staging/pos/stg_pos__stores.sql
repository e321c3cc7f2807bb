with

records as (
    {{ latest_version(source('raw', 'pos_stores')) }}
),

renamed as (
    select
        record_key as store_id,

        {{ trimmed('name') }} as store_name,
        coalesce({{ code('store_type') }}, 'store') as store_type,
        {{ trimmed('partner') }} as partner,
        {{ trimmed('city') }} as city,
        {{ trimmed('postal_code') }} as postal_code,
        {{ trimmed('region') }} as region,
        upper({{ trimmed('country') }}) as country,

        opened_on as opened_date,

        {{ record_columns() }}
    from records
)

select * from renamed
