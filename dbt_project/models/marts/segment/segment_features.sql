{%- set is_shown = "customers_count >= " ~ var('small_cell_minimum') -%}
select
    segmentation,
    segment_id,
    feature,
    is_dividing,
    case when {{ is_shown }} then feature_mean end as feature_mean,
    all_mean,
    case when {{ is_shown }} then standardised_difference end as standardised_difference,
    customers_count,
    model_name,
    model_version
from {{ ref('stg_ml__segment_features') }}
