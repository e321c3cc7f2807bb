{%- set measures = [
    'impressions', 'clicks', 'sends', 'control_group', 'opens', 'message_clicks', 'unsubscribes', 'visits',
    'newsletter_signups'
] -%}
with

ad_spend as (
    select * from {{ ref('stg_digital__ad_spend') }}
),

sends as (
    select * from {{ ref('stg_crm__campaign_sends') }}
),

sessions as (
    select * from {{ ref('int_sessions_derived') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

measured as (
    select
        ad_spend.campaign_id,
        {{ month_of('ad_spend.spend_date') }} as month_start,
        cast(null as string) as recipient_key,
        cast(null as string) as guest_key,
        ad_spend.impressions_count,
        ad_spend.clicks_count,
        {%- for measure in measures[2:] %}
        0 as {{ measure }}_count,
        {%- endfor %}
        {{ to_reporting_currency('ad_spend.cost_amount', 'rates.rate_to_reporting') }} as spend_amount
    from ad_spend
    left join rates on ad_spend.currency = rates.currency
    union all
    select
        sends.campaign_id,
        {{ month_of('sends.sent_date') }} as month_start,
        case
            when not sends.is_control_group then coalesce(customer_records.customer_id, sends.send_id)
        end as recipient_key,
        cast(null as string) as guest_key,
        0 as impressions_count,
        0 as clicks_count,
        {%- for measure, condition in [
            ('sends', 'not sends.is_control_group'),
            ('control_group', 'sends.is_control_group'),
            ('opens', 'not sends.is_control_group and coalesce(sends.opened_at, sends.clicked_at) is not null'),
            ('message_clicks', 'not sends.is_control_group and sends.clicked_at is not null'),
            ('unsubscribes', 'not sends.is_control_group and sends.unsubscribed_at is not null'),
        ] %}
        case when {{ condition }} then 1 else 0 end as {{ measure }}_count,
        {%- endfor %}
        0 as visits_count,
        0 as newsletter_signups_count,
        cast(null as decimal(18, 4)) as spend_amount
    from sends
    left join customer_records on sends.identity_record_key = customer_records.identity_record_key
    union all
    select
        sessions.campaign_id,
        {{ month_of('sessions.started_date') }} as month_start,
        cast(null as string) as recipient_key,
        coalesce(customer_records.customer_id, sessions.visitor_key, sessions.session_id) as guest_key,
        {%- for measure in measures[:-2] %}
        0 as {{ measure }}_count,
        {%- endfor %}
        1 as visits_count,
        sessions.newsletter_signups_count,
        cast(null as decimal(18, 4)) as spend_amount
    from sessions
    left join customer_records on sessions.identity_record_key = customer_records.identity_record_key
)

select
    campaign_id,
    month_start,
    count(distinct recipient_key) as recipients_count,
    count(distinct guest_key) as visitors_count,
    {%- for measure, key, people in [
        ('opens', 'recipient_key', 'openers'), ('message_clicks', 'recipient_key', 'clickers'),
        ('unsubscribes', 'recipient_key', 'leavers'), ('newsletter_signups', 'guest_key', 'subscribers'),
    ] %}
    count(distinct case when {{ measure }}_count > 0 then {{ key }} end) as {{ people }}_count,
    {%- endfor %}
    {%- for measure in measures %}
    cast(sum({{ measure }}_count) as bigint) as {{ measure }}_count,
    {%- endfor %}
    {{ money('sum(spend_amount)') }} as spend_amount
from measured
where campaign_id is not null
group by campaign_id, month_start
