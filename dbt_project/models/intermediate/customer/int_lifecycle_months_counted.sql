with

moves as (
    select * from {{ ref('int_lifecycle_moves_counted') }}
),

months as (
    select * from {{ ref('int_months_spanned') }}
),

bounds as (
    select min(month_start) as first_month from months
),

stages as (
    select stage from {{ ref('lifecycle_rules') }}
),

flows as (
    select
        to_stage as stage,
        month_start,
        moves_count as entered_count,
        0 as left_count
    from moves
    union all
    select
        from_stage as stage,
        month_start,
        0 as entered_count,
        moves_count as left_count
    from moves
    where from_stage <> 'none'
),

-- Customers may be known longer than the facts reach back; their moves of then are in the first month's start.
dated_flows as (
    select
        flows.stage,
        case when flows.month_start >= bounds.first_month then flows.month_start end as month_start,
        sum(flows.entered_count) as entered_count,
        sum(flows.left_count) as left_count
    from flows
    cross join bounds
    group by 1, 2
),

stages_by_month as (
    select
        months.month_start,
        months.is_complete,
        stages.stage,
        cast(coalesce(flows.entered_count, 0) as bigint) as entered_count,
        cast(coalesce(flows.left_count, 0) as bigint) as left_count,
        coalesce(earlier_flows.entered_count - earlier_flows.left_count, 0) as earlier_count
    from months
    cross join stages
    left join dated_flows as flows on stages.stage = flows.stage and months.month_start = flows.month_start
    left join dated_flows as earlier_flows on stages.stage = earlier_flows.stage and earlier_flows.month_start is null
),

balanced as (
    select
        *,
        cast(
            earlier_count + sum(entered_count - left_count) over (
                partition by stage order by month_start
                rows between unbounded preceding and current row
            ) as bigint
        ) as customers_count
    from stages_by_month
)

select
    month_start,
    is_complete,
    stage,
    customers_count - entered_count + left_count as customers_at_start_count,
    entered_count,
    left_count,
    customers_count
from balanced
