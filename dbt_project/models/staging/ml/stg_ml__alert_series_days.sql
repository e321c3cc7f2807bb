select
    series_id,
    observed_date,
    records_count,
    exposure,
    value,
    expected_value,
    expected_low,
    expected_high,
    residual,
    cusum_up,
    cusum_down
from {{ source('ml', 'alert_series_days') }}
