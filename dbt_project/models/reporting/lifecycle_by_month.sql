with

months as (
    select * from {{ ref('int_lifecycle_months_counted') }}
),

rules as (
    select * from {{ ref('lifecycle_rules') }}
)

select
    {{ period_label("'month'", 'months.month_start') }} as period,
    months.month_start as period_start,
    months.is_complete as is_period_complete,
    months.stage,
    rules.name_en as stage_name_en,
    rules.name_de as stage_name_de,
    rules.sort_order,
    {{ rounded_count('months.customers_at_start_count') }} as customers_at_start_count,
    {{ rounded_count('months.entered_count') }} as entered_count,
    {{ rounded_count('months.left_count') }} as left_count,
    {{ rounded_count('months.customers_count') }} as customers_count
from months
inner join rules on months.stage = rules.stage
