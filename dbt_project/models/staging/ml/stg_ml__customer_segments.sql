select
    customer_id,
    segmentation,
    segment_id,
    distance,
    model_name,
    model_version
from {{ source('ml', 'customer_segments') }}
