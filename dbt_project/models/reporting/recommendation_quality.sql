select
    model_name,
    cast(recommendation_rank as integer) as recommendation_rank,
    is_used,
    ndcg_at_10,
    hit_rate,
    bought_count,
    customers_count,
    products_count,
    cast(horizon_days as integer) as horizon_days,
    cut_date,
    model_version
from {{ ref('stg_ml__recommendation_models') }}
