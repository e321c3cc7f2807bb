{%- set by_customer = {'identity_record_key': 'identity_record_key'} -%}
{%- set sends = dict(by_customer, channel='channel', campaign_id='campaign_id') -%}
{%- set contracts = dict(by_customer, account_id='account_id', product_id='product_id') -%}
{%- set service = dict(
    by_customer, channel='channel', department="nullif(department, 'unknown')", account_id='account_id',
    store_id='store_id', product_id='product_id', order_id='order_id', case_id='case_id', partner='partner',
    outcome='case_outcome'
) -%}
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

-- A delivered order without a time of delivery: nobody says that it was late, so the promise dates it.
deliveries as (
    select
        *,
        coalesce(delivered_at, promised_at) as handed_over_at,
        coalesce(delivered_date, promised_date) as handed_over_date,
        case
            when is_cancelled then 'cancelled'
            when is_delivered_late then 'late'
            when promised_at is not null then 'on_time'
        end as delivery_outcome,
        {{ dbt.datediff('ordered_at', 'promised_at', 'second') }} / 86400.0 as promised_days,
        {{ dbt.datediff('ordered_at', 'delivered_at', 'second') }} / 86400.0 as actual_days
    from {{ ref('int_orders_completed') }}
    where delivered_at is not null or (status = 'delivered' and promised_at is not null)
),

shipments as (
    select
        *,
        {{ to_company_date('shipped_at') }} as shipped_date
    from {{ ref('int_orders_completed') }}
    where shipped_at is not null
),

cases as (
    select
        *,
        {{ to_company_date('first_response_at') }} as answered_date,
        {{ to_company_date('reopened_at') }} as reopened_date,
        case
            when is_abandoned then 'abandoned'
            when reopened_at > resolved_at or resolved_at is null then 'open'
            when reopen_count > 0 then 'resolved_after_reopening'
            else 'resolved'
        end as case_outcome,
        case when not is_abandoned then resolved_at end as solved_at,
        case
            when first_response_at > promised_at then 'late'
            when first_response_at <= promised_at then 'on_time'
        end as answer_outcome,
        {{ dbt.datediff('opened_at', 'promised_at', 'second') }} / 86400.0 as promised_days,
        {{ dbt.datediff('opened_at', 'first_response_at', 'second') }} / 86400.0 as actual_days
    from {{ ref('int_cases_identified') }}
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
{%- for event, instant, date, further in [
    ('opened', 'opened_at', 'opened_date', {'cost_amount': 'cost_amount'}),
    ('answered', 'first_response_at', 'answered_date', {
        'outcome': 'answer_outcome', 'promised_days': 'promised_days', 'actual_days': 'actual_days',
    }),
    ('reopened', 'reopened_at', 'reopened_date', {}),
    ('resolved', 'solved_at', 'resolved_date', {}),
] %}
union all
{{ touchpoints_from(
    'cases', 'crm.cases', "'" ~ event ~ "'", 'case_id', instant, date, dict(service, **further),
    'true' if event == 'opened' else instant ~ ' is not null'
) }}
{%- endfor %}
union all
{{ touchpoints_from(
    ref('int_orders_completed'), 'pos.orders', "'ordered'", 'order_id', 'ordered_at', 'ordered_date',
    dict(orders, outcome='status')
) }}
union all
{{ touchpoints_from(
    'shipments', 'pos.orders', "'shipped'", 'order_id', 'shipped_at', 'shipped_date', orders
) }}
union all
{{ touchpoints_from(
    'deliveries', 'pos.orders', "'delivered'", 'order_id', 'handed_over_at', 'handed_over_date',
    dict(orders, outcome='delivery_outcome', promised_days='promised_days', actual_days='actual_days')
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
    ref('int_survey_responses_identified'), 'survey.responses', "'responded'", 'response_id', 'responded_at', 'responded_date',
    dict(by_customer, channel='channel', store_id='store_id', order_id='order_id', case_id='case_id'),
    "respondent_type <> 'employee'"
) }}
union all
{{ touchpoints_from(
    ref('int_social_posts_identified'), 'social.posts', 'post_type', 'post_id', 'posted_at', 'posted_date',
    dict(by_customer, channel="'social'", store_id='store_id', product_id='product_id')
) }}
union all
{{ touchpoints_from(
    ref('int_events_sessionised'), 'digital.events', 'event_type', 'event_id', 'occurred_at', 'occurred_date',
    dict(
        by_customer, channel='channel', product_id='product_id', campaign_id='campaign_id',
        order_id='order_id', session_id='session_id', visitor_key='visitor_key', outcome='signal'
    )
) }}
