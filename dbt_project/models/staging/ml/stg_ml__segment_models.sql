select
    segmentation,
    status,
    reason,
    features,
    customers_count,
    segments_count,
    stability,
    holdout_start_date,
    holdout_customers_count,
    outcome_explained,
    cells_outcome_explained,
    cells_count,
    model_name,
    model_version
from {{ source('ml', 'segment_models') }}
