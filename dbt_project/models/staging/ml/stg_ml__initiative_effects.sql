select
    initiative_id,
    outcome,
    compared_date,
    is_placebo,
    effect,
    effect_low,
    effect_high,
    standard_error,
    treated_count,
    comparison_count,
    matched_share,
    treated_mean,
    comparison_mean,
    model_version
from {{ source('ml', 'initiative_effects') }}
