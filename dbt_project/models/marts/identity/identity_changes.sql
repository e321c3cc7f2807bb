select
    change_sequence,
    as_of_date,
    change_type,
    from_customer_id,
    to_customer_id,
    records_count
from {{ ref('stg_ml__identity_changes') }}
