{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- A suppressed cell has neither value, n, interval nor coverage; every other cell has value and n of
-- at least the smallest cell.
select *
from {{ ref('kpi_values') }}
where
    (is_suppressed and coalesce(value, n, interval_low, interval_high, coverage) is not null)
    or (not is_suppressed and (value is null or n is null or n < {{ var('small_cell_minimum') }}))
    or (not is_suppressed and kpi_id = 'employee_nps' and n < {{ var('employee_cell_minimum') }})
