with

bookings as (
    select * from {{ ref('int_revenue_booked') }}
    where booked_date is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

grains as (
    {{ kpi_grains() }}
),

revenue_per_order as (
    select
        grains.grain,
        {{ period_start('grains.grain', 'bookings.booked_date') }} as period_start,
        bookings.order_id,
        bookings.identity_record_key,
        sum(bookings.revenue) as revenue
    from bookings
    cross join grains
    group by 1, 2, 3, 4
),

totals as (
    select
        orders.grain,
        orders.period_start,
        count(*) as n,
        count(distinct coalesce(customer_records.customer_id, orders.order_id)) as persons_count,
        cast(sum(orders.revenue) as double) as value,
        sum(cast(orders.revenue as double) * cast(orders.revenue as double)) as square_sum,
        avg(case when customer_records.customer_id is not null then 1.0 else 0.0 end) as coverage
    from revenue_per_order as orders
    left join customer_records on orders.identity_record_key = customer_records.identity_record_key
    group by orders.grain, orders.period_start
)

select
    'revenue' as kpi_id,
    grain,
    period_start,
    'all' as dimension,
    'all' as dimension_value,
    value,
    n,
    persons_count,
    {{ total_bound('value', 'square_sum', -1) }} as interval_low,
    {{ total_bound('value', 'square_sum', 1) }} as interval_high,
    coverage
from totals
