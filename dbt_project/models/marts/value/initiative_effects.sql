with

effects as (
    select * from {{ ref('stg_ml__initiative_effects') }}
),

initiatives as (
    select * from {{ ref('stg_ml__initiatives') }}
),

labels as (
    select * from {{ ref('impact_labels') }}
)

select
    effects.initiative_id,
    initiatives.name_en,
    initiatives.name_de,
    effects.outcome,
    outcomes.name_en as outcome_en,
    outcomes.name_de as outcome_de,
    effects.compared_date,
    effects.is_placebo,
    effects.effect,
    effects.effect_low,
    effects.effect_high,
    effects.standard_error,
    effects.effect_low > 0 or effects.effect_high < 0 as is_shown,
    effects.treated_mean,
    effects.comparison_mean,
    effects.treated_count,
    effects.comparison_count,
    effects.matched_share,
    initiatives.value_basis,
    '{{ var("reporting_currency") }}' as currency
from effects
inner join initiatives on effects.initiative_id = initiatives.initiative_id
left join labels as outcomes on outcomes.code_type = 'outcome' and effects.outcome = outcomes.code
