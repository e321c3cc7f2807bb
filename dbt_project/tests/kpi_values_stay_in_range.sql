{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- Points lie in their range, shares in 0..1, and every value in its own interval.
select *
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_catalogue') }} as catalogue on kpi_values.kpi_id = catalogue.kpi_id
where
    not kpi_values.value between kpi_values.interval_low and kpi_values.interval_high
    or (kpi_values.kpi_id in ('nps', 'employee_nps') and not kpi_values.value between -100 and 100)
    or (kpi_values.kpi_id in ('csat_score', 'ces') and not kpi_values.value between 0 and 100)
    or (catalogue.unit = 'share' and not (kpi_values.interval_low >= 0 and kpi_values.interval_high <= 1))
    or not kpi_values.coverage between 0 and 1
