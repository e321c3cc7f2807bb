{%- set by_customer = {'identity_record_key': 'identity_record_key'} -%}
{%- set sends = dict(by_customer, channel='channel', campaign_id='campaign_id') -%}
{%- set contracts = dict(by_customer, account_id='account_id', product_id='product_id') -%}
{%- set orders = dict(
    by_customer, channel='channel', account_id='account_id', store_id='store_id',
    campaign_id='campaign_id', order_id='order_id'
) -%}
with

return_bookings as (
    select
        order_lines.order_id,
        order_lines.source_system,
        orders.identity_record_key,
        orders.channel,
        orders.account_id,
        orders.store_id,
        orders.campaign_id,
        order_lines.booked_date,
        order_lines.order_id || '|' || cast(order_lines.booked_date as string) as return_key,
        min(order_lines.booked_at) as booked_at
    from {{ ref('int_order_lines_converted') }} as order_lines
    inner join {{ ref('int_orders_completed') }} as orders on order_lines.order_id = orders.order_id
    where order_lines.is_return and order_lines.booked_date is not null
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),

responses as (
    select
        responses.*,
        scores.score_normalised
    from {{ ref('int_survey_responses_identified') }} as responses
    left join {{ ref('int_survey_responses_scored') }} as scores
        on responses.response_id = scores.response_id
),

events as (
    select
        events.*,
        coalesce(events.identity_record_key, orders.identity_record_key) as visitor_identity_record_key
    from {{ ref('stg_digital__events') }} as events
    left join {{ ref('stg_pos__orders') }} as orders on events.order_id = orders.order_id
),

loyalty_members as (
    select
        *,
        {{ to_company_date('loyalty_joined_at') }} as loyalty_joined_date
    from {{ ref('stg_crm__customers') }}
),

sends as (
    select
        *,
        {{ to_company_date('opened_at') }} as opened_date,
        {{ to_company_date('clicked_at') }} as clicked_date,
        {{ to_company_date('unsubscribed_at') }} as unsubscribed_date
    from {{ ref('stg_crm__campaign_sends') }}
    where not is_control_group
)

{{ touchpoints_from(
    'loyalty_members', 'crm.customers', "'loyalty_joined'", 'customer_key',
    'loyalty_joined_at', 'loyalty_joined_date', by_customer, 'loyalty_joined_at is not null'
) }}
union all
{{ touchpoints_from('sends', 'crm.campaign_sends', "'sent'", 'send_id', 'sent_at', 'sent_date', sends) }}
{%- for event in ['opened', 'clicked', 'unsubscribed'] %}
union all
{{ touchpoints_from(
    'sends', 'crm.campaign_sends', "'" ~ event ~ "'", 'send_id',
    event ~ '_at', event ~ '_date', sends, event ~ '_at is not null'
) }}
{%- endfor %}
{%- for event in ['started', 'cancelled'] %}
union all
{{ touchpoints_from(
    ref('stg_crm__contracts'), 'crm.contracts', "'" ~ event ~ "'", 'contract_id',
    'cast(' ~ event ~ '_date as timestamp)', event ~ '_date', contracts, event ~ '_date is not null'
) }}
{%- endfor %}
union all
{{ touchpoints_from(
    ref('stg_crm__referrals'), 'crm.referrals', "'referred'", 'referral_id',
    'referred_at', 'referred_date', {'identity_record_key': 'referrer_customer_key'}
) }}
union all
{{ touchpoints_from(
    ref('stg_crm__research_notes'), 'crm.research_notes', "'conducted'", 'note_id',
    'cast(conducted_date as timestamp)', 'conducted_date', dict(by_customer, channel="'interview'"),
    "participant_type <> 'employee'"
) }}
union all
{{ touchpoints_from(
    ref('int_cases_identified'), 'crm.cases', "'opened'", 'case_id', 'opened_at', 'opened_date',
    dict(
        by_customer, channel='channel', department="nullif(department, 'unknown')", account_id='account_id',
        store_id='store_id', product_id='product_id', order_id='order_id', case_id='case_id',
        outcome='status', cost_amount='cost_amount'
    )
) }}
union all
{{ touchpoints_from(
    ref('int_orders_completed'), 'pos.orders', "'ordered'", 'order_id', 'ordered_at', 'ordered_date',
    dict(orders, outcome='status')
) }}
union all
{{ touchpoints_from(
    ref('int_orders_completed'), 'pos.orders', "'delivered'", 'order_id',
    'delivered_at', 'delivered_date',
    dict(orders, outcome="case when delivered_date > promised_date then 'late' when promised_date is not null then 'on_time' end"),
    'delivered_at is not null'
) }}
union all
{{ touchpoints_from(
    'return_bookings', 'pos.order_lines', "'returned'", 'return_key', 'booked_at', 'booked_date', orders
) }}
union all
{{ touchpoints_from(
    ref('stg_survey__invitations'), 'survey.invitations', "'sent'", 'invitation_id',
    'sent_at', 'sent_date',
    dict(by_customer, channel="coalesce(channel, 'unknown')", order_id='order_id', case_id='case_id')
) }}
union all
{{ touchpoints_from(
    'responses', 'survey.responses', "'responded'", 'response_id', 'responded_at', 'responded_date',
    dict(
        by_customer, channel='channel', store_id='store_id', order_id='order_id', case_id='case_id',
        score_normalised='score_normalised'
    ),
    "respondent_type <> 'employee'"
) }}
union all
{{ touchpoints_from(
    ref('int_social_posts_identified'), 'social.posts', 'post_type', 'post_id', 'posted_at', 'posted_date',
    dict(
        by_customer, channel="'social'", store_id='store_id', product_id='product_id',
        score_normalised='score_normalised'
    )
) }}
union all
{{ touchpoints_from(
    'events', 'digital.events', 'event_type', 'event_id', 'occurred_at', 'occurred_date',
    {
        'identity_record_key': 'visitor_identity_record_key', 'channel': 'channel',
        'product_id': 'product_id', 'campaign_id': 'campaign_id', 'order_id': 'order_id',
        'outcome': 'signal',
    }
) }}
