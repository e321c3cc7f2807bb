with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

case_texts as (
    select * from {{ ref('int_case_texts_joined') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    cases.case_id,
    measured.problem_id,
    measured.concern_id,
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
    measured.link_rule,
    measured.is_first_of_problem,
    measured.is_mirror,
    cases.is_abandoned,
    cases.is_escalated,
    cases.is_bot_handover,
    measured.is_handover_successful,
    measured.is_resolved,
    measured.is_resolved_same_day,
    measured.is_resolved_within_week,
    measured.is_first_contact_resolved,
    measured.is_recontacted_within_7_days,
    cases.reopen_count > 0 as is_reopened,
    cases.first_response_at > cases.promised_at as is_answered_late,
    measured.is_response_promise_kept,
    measured.is_cost_estimated,

    cases.reopen_count,
    case_texts.turns_count as customer_turns_count,
    cases.waiting_time_seconds,
    cases.handling_time_seconds,
    measured.first_response_time_seconds,
    measured.first_response_business_seconds,
    measured.resolution_time_seconds,
    measured.resolution_business_seconds,
    cast(measured.response_lateness_hours as double) as response_lateness_hours,
    {{ money('measured.cost_amount') }} as cost_amount,
    '{{ var("reporting_currency") }}' as currency,

    cases.opened_at,
    cases.first_response_at,
    cases.promised_at,
    cases.resolved_at,
    cases.reopened_at,
    cases.opened_date,
    cases.resolved_date
from cases
inner join measured on cases.case_id = measured.case_id
left join case_texts on cases.case_id = case_texts.case_id
left join customer_records on cases.identity_record_key = customer_records.identity_record_key
