select
    run_part,
    model_name,
    learnt_until_date,
    parameters,
    log_likelihood,
    boundary_note,
    customers_count,
    tuples_count,
    holdout_days,
    total_error,
    rmse,
    top_decile_share,
    is_used,
    model_version
from {{ source('ml', 'value_models') }}
