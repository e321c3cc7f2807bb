select
    as_of_date,
    from_as_of_date,
    segmentation,
    from_segment_id,
    to_segment_id,
    customers_count,
    model_name,
    model_version
from {{ source('ml', 'segment_moves') }}
