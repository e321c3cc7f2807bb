{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- Who was active at the start of a month is retained or lost, nothing else.
with

rates as (
    select
        grain,
        period,
        dimension,
        dimension_value,
        count(*) as rates_count,
        sum(value) as total,
        max(n) - min(n) as n_difference
    from {{ ref('kpi_values') }}
    where kpi_id in ('crr', 'churn') and not is_suppressed
    group by grain, period, dimension, dimension_value
)

select *
from rates
where rates_count <> 2 or abs(total - 1) > 1e-9 or n_difference <> 0
