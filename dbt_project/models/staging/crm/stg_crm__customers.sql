with

records as (
    {{ latest_version(source('raw', 'crm_customers')) }}
),

renamed as (
    select
        record_key as customer_key,
        record_key as identity_record_key,
        {{ trimmed('customer_number') }} as customer_number,
        {{ trimmed('loyalty_id') }} as loyalty_id,
        {{ customer_columns() }},

        {{ record_columns() }}
    from records
)

select * from renamed
