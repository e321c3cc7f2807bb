with

records as (
    {{ latest_version(source('raw', 'digital_events')) }}
),

renamed as (
    select
        record_key as event_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email') }} as identity_record_key,
        product_key as product_id,
        order_key as order_id,
        campaign_key as campaign_id,

        {{ trimmed('visitor_id') }} as visitor_id,
        {{ trimmed('session_id') }} as session_id,
        {{ code('event_type') }} as event_type,
        lower({{ trimmed('email') }}) as email,
        coalesce({{ code('channel') }}, 'unknown') as channel,
        {{ trimmed('page') }} as page,
        {{ trimmed('search_term') }} as search_term,
        {{ code('device_type') }} as device_type,
        {{ trimmed('device_id') }} as device_id,
        {{ trimmed('signal') }} as signal,
        duration_seconds,

        occurred_at,
        {{ to_company_date('occurred_at') }} as occurred_date,

        {{ record_columns() }}
    from records
)

select * from renamed
