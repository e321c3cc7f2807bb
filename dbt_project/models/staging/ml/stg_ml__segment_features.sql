select
    segmentation,
    segment_id,
    feature,
    is_dividing,
    feature_mean,
    all_mean,
    standardised_difference,
    customers_count,
    model_name,
    model_version
from {{ source('ml', 'segment_features') }}
