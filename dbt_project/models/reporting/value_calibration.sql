with

bins as (
    select * from {{ ref('stg_ml__value_calibration') }}
),

-- A figure of too few people is hidden; so few of a holdout tell nothing of a model either.
judged as (
    select
        *,
        customers_count < {{ var('small_cell_minimum') }} as is_suppressed
    from bins
)

select
    measure,
    bin_number,
    case when not is_suppressed then customers_count end as customers_count,
    case when not is_suppressed then predicted end as predicted,
    case when not is_suppressed then actual end as actual,
    case when not is_suppressed then baseline end as baseline,
    case when not is_suppressed then last_period end as last_period,
    case when not is_suppressed then lift end as lift,
    is_suppressed,
    model_name,
    model_version
from judged
