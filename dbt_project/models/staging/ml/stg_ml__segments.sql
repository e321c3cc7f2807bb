select
    segmentation,
    segment_id,
    name_en,
    name_de,
    description_en,
    description_de,
    customers_count,
    customers_share,
    stability,
    outcome_mean,
    outcome_count,
    first_as_of_date,
    model_name,
    model_version
from {{ source('ml', 'segments') }}
