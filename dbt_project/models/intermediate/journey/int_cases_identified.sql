with

cases as (
    select * from {{ ref('stg_crm__cases') }}
),

orders as (
    select * from {{ ref('stg_pos__orders') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
)

select
    cases.case_id,
    coalesce(cases.identity_record_key, orders.identity_record_key) as identity_record_key,
    coalesce(cases.account_id, orders.account_id) as account_id,
    cases.order_id,
    cases.product_id,
    coalesce(cases.store_id, orders.store_id) as store_id,
    cases.linked_case_id,
    coalesce(cases.channel, 'unknown') as channel,
    coalesce(cases.reason, 'unknown') as reason,
    coalesce(cases.department, 'unknown') as department,
    cases.team,
    cases.partner,
    coalesce(cases.status, 'unknown') as status,
    cases.priority,
    cases.subject,
    coalesce(cases.reopen_count, 0) as reopen_count,
    cases.waiting_time_seconds,
    cases.handling_time_seconds,
    coalesce(cases.is_abandoned, false) as is_abandoned,
    coalesce(cases.is_escalated, false) as is_escalated,
    coalesce(cases.is_bot_handover, false) as is_bot_handover,
    {{ to_reporting_currency('cases.cost_amount', 'rates.rate_to_reporting') }} as cost_amount,
    cases.opened_at,
    cases.first_response_at,
    cases.promised_at,
    cases.resolved_at,
    cases.reopened_at,
    cases.opened_date,
    cases.resolved_date,
    cases.source_system
from cases
left join orders on cases.order_id = orders.order_id
left join rates on cases.currency = rates.currency
