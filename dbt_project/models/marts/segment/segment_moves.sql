with

moves as (
    select * from {{ ref('stg_ml__segment_moves') }}
)

-- Who left a segment and who stayed are all who were in it: from exact counts a hidden one could be computed back.
select
    as_of_date,
    from_as_of_date,
    segmentation,
    from_segment_id,
    to_segment_id,
    from_segment_id = to_segment_id as is_stay,
    {{ rounded_count('customers_count') }} as customers_count,
    customers_count < {{ var('small_cell_minimum') }} as is_suppressed,
    model_name,
    model_version
from moves
