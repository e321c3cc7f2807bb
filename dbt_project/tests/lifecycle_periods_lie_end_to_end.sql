{{ config(meta={'dagster': {'ref': {'name': 'customer_lifecycle'}}}) }}
-- The stages of a customer neither overlap nor leave a gap nor repeat, the last one is the only current one and
-- has no end, none lies in the future, and every customer with an order or contract has some.
with

calendar as (
    select {{ as_of_date() }} as as_of_date
),

periods as (
    select
        *,
        lag(valid_to) over (partition by customer_id order by period_number) as previous_valid_to,
        lag(stage) over (partition by customer_id order by period_number) as previous_stage
    from {{ ref('customer_lifecycle') }}
),

faults as (
    select
        periods.customer_id,
        sum(case when periods.is_current then 1 else 0 end) as current_count,
        sum(
            case
                when periods.valid_from >= periods.valid_to then 1
                when periods.period_number > 1 and periods.valid_from is distinct from periods.previous_valid_to then 1
                when periods.stage = periods.previous_stage then 1
                when periods.stage = 'prospect' and periods.period_number > 1 then 1
                when periods.stage = 'new' and periods.previous_stage <> 'prospect' then 1
                when periods.valid_from > calendar.as_of_date then 1
                when periods.is_current and periods.valid_to <> {{ end_of_history() }} then 1
                when not periods.is_current and periods.valid_to > calendar.as_of_date then 1
                else 0
            end
        ) as faults_count
    from periods
    cross join calendar
    group by periods.customer_id
),

active_customers as (
    select distinct customer_id
    from {{ ref('int_customer_activities_unioned') }}
)

select
    coalesce(faults.customer_id, active_customers.customer_id) as customer_id,
    faults.current_count,
    faults.faults_count
from faults
full outer join active_customers on faults.customer_id = active_customers.customer_id
where faults.customer_id is null or faults.current_count <> 1 or faults.faults_count > 0
