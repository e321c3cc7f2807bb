select
    kind,
    issue,
    measure,
    comparison,
    months_before_count,
    months_after_count,
    before_value,
    after_value,
    comparison_before_value,
    comparison_after_value,
    change,
    change_low,
    change_high,
    verdict,
    model_name,
    model_version
from {{ source('ml', 'improvement_effects') }}
