with

records as (
    {{ latest_version(source('raw', 'crm_campaign_sends')) }}
),

renamed as (
    select
        record_key as send_id,
        campaign_key as campaign_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email') }} as identity_record_key,

        lower({{ trimmed('email') }}) as email,
        coalesce({{ code('channel') }}, 'unknown') as channel,
        coalesce(is_control_group, false) as is_control_group,

        sent_at,
        opened_at,
        clicked_at,
        unsubscribed_at,
        {{ to_company_date('sent_at') }} as sent_date,

        {{ record_columns() }}
    from records
)

select * from renamed
