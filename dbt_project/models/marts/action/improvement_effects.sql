with

effects as (
    select * from {{ ref('stg_ml__improvement_effects') }}
),

verdicts as (
    select * from {{ ref('improvement_labels') }}
    where label_type = 'verdict'
)

select
    effects.kind || '/' || effects.issue as improvement_key,
    effects.kind,
    effects.issue,
    effects.measure,
    effects.comparison,
    effects.months_before_count,
    effects.months_after_count,
    effects.before_value,
    effects.after_value,
    effects.comparison_before_value,
    effects.comparison_after_value,
    effects.change,
    effects.change_low,
    effects.change_high,
    effects.verdict,
    verdicts.name_en as verdict_name_en,
    verdicts.name_de as verdict_name_de,
    effects.model_name,
    effects.model_version
from effects
left join verdicts on effects.verdict = verdicts.code
