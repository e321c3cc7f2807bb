select
    record_key as identity_record_key,
    customer_id,
    is_senior,
    match_rule,
    match_score,
    household_key
from {{ source('ml', 'customer_records') }}
