{{ config(materialized='view') }}
with

report as (
    {{ kpi_report(['department']) }}
),

departments as (
    select * from {{ ref('departments') }}
)

select
    report.dimension_value as department,
    coalesce(departments.name_en, report.dimension_value) as department_name_en,
    coalesce(departments.name_de, report.dimension_value) as department_name_de,
    report.kpi_id,
    report.name_en,
    report.name_de,
    report.unit,
    report.direction,
    report.is_leading,
    report.period,
    report.period_start,
    report.value,
    report.n,
    report.interval_low,
    report.interval_high,
    report.change,
    report.is_change_significant,
    report.target,
    report.is_target_reached,
    report.is_suppressed,
    report.data_grade
from report
left join departments on report.dimension_value = departments.department
