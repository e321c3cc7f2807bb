{%- set is_costed = "costs.outcome = 'value' and costs.verdict <> 'cannot_be_said'" -%}
with

costs as (
    select * from {{ ref('stg_ml__bad_experience_costs') }}
),

kinds as (
    select * from {{ ref('bad_experience_kinds') }}
),

labels as (
    select * from {{ ref('impact_labels') }}
)

-- What a year of them costs is the loss of one times their number; where an effect is a gain, so is the cost negative.
select
    costs.kind,
    kinds.name_en as kind_en,
    kinds.name_de as kind_de,
    costs.outcome,
    outcomes.name_en as outcome_en,
    outcomes.name_de as outcome_de,
    costs.window_days,
    costs.value_basis,
    '{{ var("reporting_currency") }}' as currency,

    costs.verdict,
    verdicts.name_en as verdict_en,
    verdicts.name_de as verdict_de,
    costs.verdict_reason,
    reasons.name_en as verdict_reason_en,
    reasons.name_de as verdict_reason_de,

    costs.effect,
    costs.effect_low,
    costs.effect_high,
    costs.standard_error,
    costs.treated_mean as bad_mean,
    costs.comparison_mean,
    costs.bad_count,
    costs.treated_count as bad_matched_count,
    costs.comparison_count,
    costs.matched_share,
    costs.match_level,
    costs.balance,
    costs.yearly_count,
    case when {{ is_costed }} then {{ money('-1 * costs.effect * costs.yearly_count') }} end as yearly_cost,
    case when {{ is_costed }} then {{ money('-1 * costs.effect_high * costs.yearly_count') }} end as yearly_cost_low,
    case when {{ is_costed }} then {{ money('-1 * costs.effect_low * costs.yearly_count') }} end as yearly_cost_high
from costs
left join kinds on costs.kind = kinds.kind
left join labels as outcomes on outcomes.code_type = 'outcome' and costs.outcome = outcomes.code
left join labels as verdicts on verdicts.code_type = 'verdict' and costs.verdict = verdicts.code
left join labels as reasons on reasons.code_type = 'reason' and costs.verdict_reason = reasons.code
