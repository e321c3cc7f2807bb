select
    alert_id,
    reason_series_id,
    reason_rank,
    observed_value,
    expected_value,
    effect_size
from {{ source('ml', 'alert_reasons') }}
