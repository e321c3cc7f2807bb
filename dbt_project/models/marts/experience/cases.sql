with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

case_texts as (
    select * from {{ ref('int_case_texts_joined') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    cases.case_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    cases.account_id,
    cases.order_id,
    cases.product_id,
    cases.store_id,
    cases.linked_case_id,

    cases.source_system,
    cases.channel,
    cases.reason,
    cases.department,
    cases.team,
    cases.partner,
    cases.status,
    cases.priority,
    cases.is_abandoned,
    cases.is_escalated,
    cases.is_bot_handover,
    cases.resolved_at is not null as is_resolved,
    cases.reopen_count > 0 as is_reopened,
    cases.first_response_at > cases.promised_at as is_answered_late,

    cases.reopen_count,
    case_texts.turns_count as customer_turns_count,
    cases.waiting_time_seconds,
    cases.handling_time_seconds,
    {{ dbt.datediff('cases.opened_at', 'cases.first_response_at', 'second') }} as first_response_time_seconds,
    {{ dbt.datediff('cases.opened_at', 'cases.resolved_at', 'second') }} as resolution_time_seconds,
    cases.cost_amount,
    '{{ var("reporting_currency") }}' as currency,

    cases.opened_at,
    cases.first_response_at,
    cases.promised_at,
    cases.resolved_at,
    cases.reopened_at,
    cases.opened_date,
    cases.resolved_date
from cases
left join case_texts on cases.case_id = case_texts.case_id
left join customer_records on cases.identity_record_key = customer_records.identity_record_key
