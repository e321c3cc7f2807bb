with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

spells as (
    select * from {{ ref('int_customer_spells_derived') }}
),

months as (
    select * from {{ ref('int_months_spanned') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

grains as (
    {{ kpi_grains() }}
),

order_coverage as (
    select
        grains.grain,
        {{ period_start('grains.grain', 'orders.ordered_date') }} as period_start,
        avg(case when orders.identity_record_key is not null then 1.0 else 0.0 end) as coverage
    from orders
    cross join grains
    where not orders.is_cancelled
    group by 1, 2
),

active_customers as (
    select
        grains.grain,
        {{ period_start('grains.grain', 'customer_months.month_start') }} as period_start,
        count(distinct customer_months.customer_id) as n
    from customer_months
    cross join grains
    group by 1, 2
),

-- Before a whole window of history nobody can have lapsed; such months have no rate.
rated_months as (
    select *
    from months
    where
        is_complete
        and month_number >= (
            select min(customer_months.month_number) + {{ var('activity_window_months') }} from customer_months
        )
),

retention as (
    select
        grains.grain,
        {{ period_start('grains.grain', 'rated_months.month_start') }} as period_start,
        count(*) as n,
        count(distinct spells.customer_id) as persons_count,
        sum(case when spells.last_active_start > rated_months.month_number then 1 else 0 end) as retained_count,
        sum(case when spells.last_active_start > rated_months.month_number then 0 else 1 end) as lost_count
    from rated_months
    inner join spells
        on rated_months.month_number between spells.first_active_start and spells.last_active_start
    cross join grains
    group by 1, 2
),

calculated as (
    select
        'active_customers' as kpi_id,
        grain,
        period_start,
        cast(n as double) as value,
        n,
        n as persons_count,
        {{ count_bound('n', -1) }} as interval_low,
        {{ count_bound('n', 1) }} as interval_high
    from active_customers
    {%- for kpi, count in [('crr', 'retained_count'), ('churn', 'lost_count')] %}

    union all

    select
        '{{ kpi }}' as kpi_id,
        grain,
        period_start,
        1.0 * {{ count }} / n as value,
        n,
        persons_count,
        {{ share_bound(count, 'n', -1) }} as interval_low,
        {{ share_bound(count, 'n', 1) }} as interval_high
    from retention
    {%- endfor %}
)

select
    calculated.kpi_id,
    calculated.grain,
    calculated.period_start,
    'all' as dimension,
    'all' as dimension_value,
    calculated.value,
    calculated.n,
    calculated.persons_count,
    calculated.interval_low,
    calculated.interval_high,
    order_coverage.coverage
from calculated
left join order_coverage
    on calculated.grain = order_coverage.grain
    and coalesce(calculated.period_start, cast('0001-01-01' as date))
    = coalesce(order_coverage.period_start, cast('0001-01-01' as date))
