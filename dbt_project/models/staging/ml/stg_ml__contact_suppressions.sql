select
    record_key,
    channel,
    suppressed_until,
    decided_on as decided_date,
    decision_row
from {{ source('ml', 'contact_suppressions') }}
