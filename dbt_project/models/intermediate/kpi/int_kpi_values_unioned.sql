{#- A new KPI: one row of the catalogue, and its model in this list. -#}
{%- set kpi_models = [
    'int_survey_kpis_calculated', 'int_customer_kpis_calculated', 'int_revenue_kpis_calculated',
] -%}
with

kpis as (
    {%- for model in kpi_models %}
    {{ 'union all' if not loop.first }}
    select
        kpi_id,
        grain,
        period_start,
        dimension,
        dimension_value,
        value,
        n,
        persons_count,
        interval_low,
        interval_high,
        coverage
    from {{ ref(model) }}
    {%- endfor %}
),

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

judged as (
    select
        kpis.*,
        kpis.grain = 'all'
        or cast({{ dbt.last_day('kpis.period_start', 'month') }} as date) <= bounds.as_of_date as is_period_complete,
        kpis.persons_count < case
            when catalogue.audience = 'employee' then {{ var('employee_cell_minimum') }}
            else {{ var('small_cell_minimum') }}
        end as is_suppressed
    from kpis
    left join catalogue on kpis.kpi_id = catalogue.kpi_id
    cross join bounds
)

select
    kpi_id,
    grain,
    {{ period_label('grain', 'period_start') }} as period,
    period_start,
    dimension,
    dimension_value,
    case when not is_suppressed then cast(value as double) end as value,
    case when not is_suppressed then n end as n,
    case when not is_suppressed then cast(interval_low as double) end as interval_low,
    case when not is_suppressed then cast(interval_high as double) end as interval_high,
    case when not is_suppressed then cast(coverage as double) end as coverage,
    is_period_complete,
    is_suppressed
from judged
