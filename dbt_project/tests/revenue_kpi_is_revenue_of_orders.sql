{{ config(meta={'dagster': {'ref': {'name': 'int_kpis_of_bookings'}}}) }}
-- The months of the KPI add up to its total, and the total is the revenue of all orders.
with

kpi as (
    select
        coalesce(sum(case when grain = 'month' then value end), 0) as months_revenue,
        coalesce(sum(case when grain = 'all' then value end), 0) as total_revenue
    from {{ ref('int_kpis_of_bookings') }}
    where kpi_id = 'revenue' and dimension = 'all'
),

orders as (
    select coalesce(cast(sum(revenue) as double), 0) as orders_revenue
    from {{ ref('orders') }}
)

select *
from kpi
cross join orders
where
    abs(kpi.months_revenue - kpi.total_revenue) > 0.01
    or abs(kpi.total_revenue - orders.orders_revenue) > 0.01
