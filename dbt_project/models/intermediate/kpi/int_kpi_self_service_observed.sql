{%- set days = var('recontact_days') -%}
with

sessions as (
    select * from {{ ref('int_sessions_derived') }}
    where has_help_view
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

linked as (
    select * from {{ ref('int_cases_linked') }}
    where is_first_of_problem and customer_id <> 'unknown'
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

-- Only of known customers can be told whether they called after all.
attempts as (
    select
        sessions.session_id as record_key,
        customer_records.customer_id,
        sessions.started_at as attempted_at,
        sessions.started_date as attempted_date,
        true as is_help_visit,
        false as is_solvable
    from sessions
    inner join customer_records on sessions.identity_record_key = customer_records.identity_record_key
    union all
    select
        cases.case_id as record_key,
        linked.customer_id,
        cases.opened_at as attempted_at,
        cases.opened_date as attempted_date,
        false as is_help_visit,
        coalesce(reasons.is_self_service_solvable, false) as is_solvable
    from cases
    inner join linked on cases.case_id = linked.case_id
    left join reasons on cases.reason = reasons.reason
),

with_neighbours as (
    select
        *,
        max(case when is_help_visit then attempted_at end) over (
            partition by customer_id order by attempted_at, record_key
            rows between unbounded preceding and 1 preceding
        ) as previous_help_at,
        min(case when not is_help_visit then attempted_at end) over (
            partition by customer_id order by attempted_at, record_key
            rows between 1 following and unbounded following
        ) as next_case_at
    from attempts
),

-- Visits to the help in a row are one concern, and so is a case right after them.
numbered as (
    select
        *,
        coalesce(
            {{ dbt.datediff('previous_help_at', 'attempted_at', 'second') }} > 86400 * {{ days }}, true
        ) as is_first_attempt,
        sum(
            case
                when not is_help_visit then 0
                when {{ dbt.datediff('previous_help_at', 'attempted_at', 'second') }} <= 86400 * {{ days }} then 0
                else 1
            end
        ) over (
            partition by customer_id order by attempted_at, record_key
            rows between unbounded preceding and current row
        ) as help_number
    from with_neighbours
),

concerns as (
    select
        min(record_key) as record_key,
        customer_id,
        min(attempted_date) as observed_date,
        max(attempted_date) as last_date,
        min(
            case
                when {{ dbt.datediff('attempted_at', 'next_case_at', 'second') }} <= 86400 * {{ days }} then 0
                else 1
            end
        ) as is_self_served
    from numbered
    where is_help_visit
    group by customer_id, help_number
    union all
    select
        record_key,
        customer_id,
        attempted_date as observed_date,
        attempted_date as last_date,
        0 as is_self_served
    from numbered
    where not is_help_visit and is_solvable and is_first_attempt
),

-- Before the first visit to the help there was none, or nobody counted.
bounds as (
    select
        min(sessions.started_date) as first_help_date,
        {{ as_of_date() }} as as_of_date
    from sessions
)

select
    concerns.record_key,
    concerns.observed_date,
    concerns.customer_id as person_key,
    true as is_known_customer,

    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case
        when {{ dbt.datediff('concerns.last_date', 'bounds.as_of_date', 'day') }} > {{ days }}
            then concerns.is_self_served
    end as is_self_served
from concerns
inner join bounds on concerns.observed_date >= bounds.first_help_date
left join customers on concerns.customer_id = customers.customer_id
