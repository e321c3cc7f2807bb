select
    model_name,
    recommendation_rank,
    is_used,
    customers_count,
    products_count,
    bought_count,
    hit_rate,
    ndcg_at_10,
    cut_date,
    horizon_days,
    model_version
from {{ source('ml', 'recommendation_models') }}
