select
    measure,
    bin_number,
    customers_count,
    predicted,
    actual,
    baseline,
    last_period,
    lift,
    model_name,
    model_version
from {{ source('ml', 'value_calibration') }}
