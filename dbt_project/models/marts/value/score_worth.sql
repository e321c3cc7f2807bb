with

score_worth as (
    select * from {{ ref('stg_ml__score_worth') }}
),

labels as (
    select * from {{ ref('impact_labels') }}
)

select
    score_worth.measure,
    measures.name_en as measure_en,
    measures.name_de as measure_de,
    score_worth.outcome,
    outcomes.name_en as outcome_en,
    outcomes.name_de as outcome_de,
    score_worth.window_days,
    score_worth.value_basis,
    '{{ var("reporting_currency") }}' as currency,

    score_worth.verdict,
    verdicts.name_en as verdict_en,
    verdicts.name_de as verdict_de,
    score_worth.verdict_reason,
    reasons.name_en as verdict_reason_en,
    reasons.name_de as verdict_reason_de,

    score_worth.worth,
    score_worth.worth_low,
    score_worth.worth_high,
    score_worth.standard_error,
    score_worth.outcome_mean,
    score_worth.customers_count,
    score_worth.compared_count,
    score_worth.shuffled_worth,
    score_worth.shuffled_worth_low,
    score_worth.shuffled_worth_high,
    score_worth.shuffles_count,
    score_worth.shuffles_shown
from score_worth
left join labels as measures on measures.code_type = 'measure' and score_worth.measure = measures.code
left join labels as outcomes on outcomes.code_type = 'outcome' and score_worth.outcome = outcomes.code
left join labels as verdicts on verdicts.code_type = 'verdict' and score_worth.verdict = verdicts.code
left join labels as reasons on reasons.code_type = 'reason' and score_worth.verdict_reason = reasons.code
