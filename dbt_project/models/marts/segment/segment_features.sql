with

features as (
    select * from {{ ref('stg_ml__segment_features') }}
),

-- The mean of all is known, and so is how many a segment has.
ranked as (
    select
        *,
        {{ smaller_cells('customers_count', 'segmentation, feature', 'segment_id') }}
    from features
),

judged as (
    select
        *,
        {{ is_hidden_cell() }} as is_suppressed
    from ranked
)

select
    segmentation,
    segment_id,
    feature,
    is_dividing,
    case when not is_suppressed then feature_mean end as feature_mean,
    all_mean,
    case when not is_suppressed then standardised_difference end as standardised_difference,
    case when not is_suppressed then {{ rounded_count('customers_count') }} end as customers_count,
    model_name,
    model_version
from judged
