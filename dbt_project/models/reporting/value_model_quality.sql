with

models as (
    select * from {{ ref('stg_ml__value_models') }}
)

select
    run_part,
    model_name,
    learnt_until_date,
    parameters,
    log_likelihood,
    boundary_note,
    customers_count,
    tuples_count as histories_count,
    holdout_days,
    total_error,
    rmse,
    top_decile_share,
    is_used,
    model_version
from models
where customers_count >= {{ var('small_cell_minimum') }}
