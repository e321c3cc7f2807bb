{{ config(meta={'dagster': {'ref': {'name': 'int_lifecycle_months_counted'}}}) }}
-- Customers at the month's start plus who entered less who left are those at its end, which are those at the next
-- month's start; and at the end of the last month and of every sixth they are those whom customer_lifecycle has.
with

months as (
    select
        *,
        lag(customers_count) over (partition by stage order by month_start) as previous_customers_count,
        cast({{ dbt.dateadd('month', 1, 'month_start') }} as date) as next_month_start
    from {{ ref('int_lifecycle_months_counted') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

checked_days as (
    select distinct
        months.month_start,
        case when months.is_complete
            then cast({{ dbt.dateadd('day', -1, 'months.next_month_start') }} as date)
            else calendar.as_of_date
        end as checked_date
    from months
    cross join calendar
    where not months.is_complete or extract(month from months.month_start) in (6, 12)
),

periods_held as (
    select
        days.month_start,
        lifecycle.stage,
        count(*) as customers_count
    from checked_days as days
    inner join {{ ref('customer_lifecycle') }} as lifecycle
        on {{ valid_on('lifecycle', 'days.checked_date') }}
    group by days.month_start, lifecycle.stage
)

select
    months.month_start,
    months.stage
from months
left join checked_days on months.month_start = checked_days.month_start
left join periods_held on months.month_start = periods_held.month_start and months.stage = periods_held.stage
where
    months.customers_at_start_count + months.entered_count - months.left_count <> months.customers_count
    or months.customers_at_start_count <> coalesce(months.previous_customers_count, months.customers_at_start_count)
    or months.customers_count < 0
    or months.customers_at_start_count < 0
    or (checked_days.month_start is not null and months.customers_count <> coalesce(periods_held.customers_count, 0))
