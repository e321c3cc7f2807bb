{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- One row per KPI, grain, period and dimension value.
select
    kpi_id,
    grain,
    period,
    dimension,
    dimension_value,
    count(*) as rows_count
from {{ ref('kpi_values') }}
group by kpi_id, grain, period, dimension, dimension_value
having count(*) > 1
