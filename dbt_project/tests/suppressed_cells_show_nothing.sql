{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- A suppressed cell has neither value, n nor anything made of them; every other cell has value and n of
-- at least the smallest cell.
select *
from {{ ref('kpi_values') }}
where
    (
        is_suppressed
        and (
            coalesce(value, value_weighted, n, interval_low, interval_high, coverage, change, year_change) is not null
            or coalesce(is_change_significant, is_year_change_significant, is_target_reached) is not null
        )
    )
    or (not is_suppressed and (value is null or n is null or n < {{ var('small_cell_minimum') }}))
    or (not is_suppressed and kpi_id = 'employee_nps' and n < {{ var('employee_cell_minimum') }})
