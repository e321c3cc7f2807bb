select
    alert_id,
    dimension,
    dimension_value,
    value_name_en,
    value_name_de,
    slice_rank,
    records_count,
    observed_value,
    usual_value,
    contribution,
    contribution_share
from {{ source('ml', 'alert_slices') }}
