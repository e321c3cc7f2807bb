select
    series_id,
    changed_date,
    level_before,
    level_after,
    change_size,
    change_low,
    change_high,
    model_version
from {{ source('ml', 'series_changes') }}
