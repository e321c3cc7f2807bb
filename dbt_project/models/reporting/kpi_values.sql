with

kpi_values as (
    select * from {{ ref('int_kpi_values_compared') }}
),

data_health as (
    select * from {{ ref('data_health') }}
    where subject_type = 'kpi'
)

select
    kpi_values.kpi_id,
    kpi_values.grain,
    kpi_values.period,
    kpi_values.period_start,
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.value,
    kpi_values.value_weighted,
    kpi_values.n,
    kpi_values.interval_low,
    kpi_values.interval_high,
    kpi_values.coverage,
    kpi_values.change,
    kpi_values.is_change_significant,
    kpi_values.year_change,
    kpi_values.is_year_change_significant,
    kpi_values.target,
    kpi_values.is_target_reached,
    kpi_values.is_period_complete,
    kpi_values.is_suppressed,
    data_health.grade as data_grade
from kpi_values
left join data_health on kpi_values.kpi_id = data_health.subject
