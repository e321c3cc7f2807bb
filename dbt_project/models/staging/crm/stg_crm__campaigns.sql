with

records as (
    {{ latest_version(source('raw', 'crm_campaigns')) }}
),

renamed as (
    select
        record_key as campaign_id,

        {{ trimmed('name') }} as campaign_name,
        {{ code('channel') }} as channel,
        {{ trimmed('objective') }} as objective,
        budget_amount,
        {{ currency_code() }} as currency,

        started_on as started_date,
        ended_on as ended_date,

        {{ record_columns() }}
    from records
)

select * from renamed
