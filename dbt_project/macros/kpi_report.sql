{#- Newest complete month of every KPI that is split by one of `dimensions`, with its names. -#}
{% macro kpi_report(dimensions) -%}
with

kpi_values as (
    select * from {{ ref('kpi_values') }}
    where
        grain = 'month'
        and is_period_complete
        and dimension in ('{{ dimensions | join("', '") }}')
),

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

latest_periods as (
    select
        kpi_id,
        max(period_start) as period_start
    from kpi_values
    group by kpi_id
)

select
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.kpi_id,
    catalogue.name_en,
    catalogue.name_de,
    catalogue.unit,
    catalogue.direction,
    catalogue.is_leading,
    kpi_values.period,
    kpi_values.period_start,
    kpi_values.value,
    kpi_values.n,
    kpi_values.interval_low,
    kpi_values.interval_high,
    kpi_values.change,
    kpi_values.is_change_significant,
    kpi_values.target,
    kpi_values.is_target_reached,
    kpi_values.is_suppressed,
    kpi_values.data_grade
from kpi_values
inner join latest_periods
    on kpi_values.kpi_id = latest_periods.kpi_id
    and kpi_values.period_start = latest_periods.period_start
inner join catalogue on kpi_values.kpi_id = catalogue.kpi_id
{%- endmacro %}
