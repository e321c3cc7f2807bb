{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- Every cell of too few people is there and suppressed, whatever its n counts.
select
    cells.*,
    kpi_values.is_suppressed
from {{ ref('int_kpi_values_unioned') }} as cells
left join {{ ref('kpi_catalogue') }} as catalogue on cells.kpi_id = catalogue.kpi_id
left join {{ ref('kpi_values') }} as kpi_values
    on cells.kpi_id = kpi_values.kpi_id
    and cells.grain = kpi_values.grain
    and cells.period = kpi_values.period
    and cells.dimension = kpi_values.dimension
    and cells.dimension_value = kpi_values.dimension_value
where
    kpi_values.kpi_id is null
    or (
        not kpi_values.is_suppressed
        and cells.persons_count < case
            when catalogue.audience = 'employee' then {{ var('employee_cell_minimum') }} else {{ var('small_cell_minimum') }}
        end
    )
