with

records as (
    {{ latest_version(source('raw', 'crm_consents')) }}
),

renamed as (
    select
        record_key as consent_id,
        customer_key,
        customer_key as identity_record_key,

        {{ code('purpose') }} as purpose,
        coalesce({{ code('channel') }}, 'all') as channel,
        is_granted,

        decided_at,
        {{ to_company_date('decided_at') }} as decided_date,

        {{ record_columns() }}
    from records
)

select * from renamed
