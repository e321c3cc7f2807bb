{{ config(meta={'dagster': {'ref': {'name': 'service_costs_by_month'}}}) }}
-- A hidden cell shows nothing, a shown one is of people enough, and no cell of a month is hidden alone.
select
    period,
    dimension
from {{ ref('service_costs_by_month') }}
where
    (is_suppressed and coalesce(customers_count, contacts_count, handling_minutes, cost_amount, poor_quality_amount) is not null)
    or (not is_suppressed and coalesce(customers_count, 0) < {{ var('small_cell_minimum') }})
union all
select
    period,
    dimension
from {{ ref('service_costs_by_month') }}
group by period, dimension
having count(*) > 1 and sum(case when is_suppressed then 1 else 0 end) = 1
