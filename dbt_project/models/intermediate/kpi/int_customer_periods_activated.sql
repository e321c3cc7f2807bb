with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

grains as (
    {{ kpi_grains(['month', 'quarter', 'year', 'all']) }}
)

select distinct
    customer_months.customer_id,
    grains.grain,
    {{ period_start('grains.grain', 'customer_months.month_start') }} as period_start
from customer_months
cross join grains
