select
    left_record_key,
    right_record_key,
    match_rule,
    match_score
from {{ source('ml', 'identity_edges') }}
