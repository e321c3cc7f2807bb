{{ config(meta={'dagster': {'ref': {'name': 'int_alert_days_counted'}}}) }}
-- One row per measure, day, dimension and value.
select
    measure,
    observed_date,
    dimension,
    dimension_value,
    count(*) as rows_count
from {{ ref('int_alert_days_counted') }}
group by measure, observed_date, dimension, dimension_value
having count(*) > 1
