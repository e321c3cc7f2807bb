select
    left_record_key,
    right_record_key,
    match_rule,
    match_score,
    match_weight,
    edge_status
from {{ source('ml', 'identity_edges') }}
