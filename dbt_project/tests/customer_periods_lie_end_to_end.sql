{{ config(meta={'dagster': {'ref': {'name': 'customer_history'}}}) }}
-- The periods of a customer neither overlap nor leave a gap: the first begins with history, every other
-- where the one before ends, the last never ends and is the only current one. Every customer has some.
with

periods as (
    select
        *,
        lag(valid_to) over (partition by customer_id order by customer_version_number) as previous_valid_to
    from {{ ref('customer_history') }}
),

histories as (
    select
        customer_id,
        count(*) as periods_count,
        max(customer_version_number) as last_version_number,
        sum(case when is_current then 1 else 0 end) as current_count,
        sum(case when is_current and valid_to = {{ end_of_history() }} then 1 else 0 end) as endless_count,
        sum(
            case
                when valid_from >= valid_to then 1
                when customer_version_number = 1 and valid_from <> {{ beginning_of_history() }} then 1
                when customer_version_number > 1 and valid_from is distinct from previous_valid_to then 1
                else 0
            end
        ) as faults_count
    from periods
    group by customer_id
)

select
    customers.customer_id,
    histories.periods_count,
    histories.current_count,
    histories.faults_count
from {{ ref('customers') }} as customers
full outer join histories on customers.customer_id = histories.customer_id
where
    customers.customer_id is null
    or histories.customer_id is null
    or histories.last_version_number <> histories.periods_count
    or histories.current_count <> 1
    or histories.endless_count <> 1
    or histories.faults_count > 0
