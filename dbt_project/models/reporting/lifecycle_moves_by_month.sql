with

moves as (
    select * from {{ ref('int_lifecycle_moves_counted') }}
),

first_months as (
    select min(month_start) as first_month from {{ ref('int_months_spanned') }}
),

rules as (
    select * from {{ ref('lifecycle_rules') }}
)

select
    {{ period_label("'month'", 'moves.month_start') }} as period,
    moves.month_start as period_start,
    moves.from_stage,
    moves.to_stage,
    coalesce(from_rules.name_en, 'Not known before') as from_stage_name_en,
    coalesce(from_rules.name_de, 'Vorher nicht bekannt') as from_stage_name_de,
    to_rules.name_en as to_stage_name_en,
    to_rules.name_de as to_stage_name_de,
    {{ rounded_count('moves.customers_count') }} as customers_count
from moves
inner join first_months on moves.month_start >= first_months.first_month
inner join rules as to_rules on moves.to_stage = to_rules.stage
left join rules as from_rules on moves.from_stage = from_rules.stage
