{{ config(meta={'dagster': {'ref': {'name': 'revenue_by_customer_attribute'}}}) }}
-- Where no cell is suppressed, the values of an attribute add up to the revenue of the month: every
-- booking meets exactly one period of its customer.
with

months as (
    select
        period_start,
        dimension,
        cast(sum(revenue) as double) as revenue,
        max(case when is_suppressed then 1 else 0 end) as has_suppressed
    from {{ ref('revenue_by_customer_attribute') }}
    group by period_start, dimension
)

select *
from months
inner join {{ ref('int_kpis_of_bookings') }} as kpis
    on months.period_start = kpis.period_start
    and kpis.grain = 'month'
    and kpis.dimension = 'all'
    and kpis.kpi_id = 'revenue'
where months.has_suppressed = 0 and abs(months.revenue - kpis.value) > 0.01
