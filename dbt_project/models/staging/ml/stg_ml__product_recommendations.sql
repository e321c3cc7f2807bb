select
    customer_id,
    product_id,
    recommendation_kind,
    recommendation_rank,
    score,
    purchase_probability,
    horizon_days,
    unit_margin,
    because_product_id,
    last_purchase_date,
    interval_days,
    purchases_count,
    model_name,
    model_version
from {{ source('ml', 'product_recommendations') }}
