select
    series_id,
    watch_state,
    first_date,
    last_date,
    overdispersion,
    reference_value,
    decision_limit,
    model_version
from {{ source('ml', 'watched_series') }}
