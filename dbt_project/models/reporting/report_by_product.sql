{{ config(materialized='view') }}
with

report as (
    {{ kpi_report(['product', 'product_category']) }}
),

products as (
    select * from {{ ref('products') }}
)

select
    report.dimension,
    report.dimension_value,
    coalesce(products.product_name, report.dimension_value) as product_name,
    coalesce(products.category, case when report.dimension = 'product_category' then report.dimension_value end)
        as product_category,
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
left join products
    on report.dimension = 'product'
    and report.dimension_value = products.product_id
