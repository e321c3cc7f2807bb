select
    left_record_key,
    right_record_key,
    review_reason,
    match_score,
    match_weight
from {{ source('ml', 'identity_review') }}
