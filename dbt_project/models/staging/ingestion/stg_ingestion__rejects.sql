select
    load_id,
    load_sequence,
    source_system,
    label,
    entity,
    file,
    load_state,
    reject_number,
    source_row,
    first_reason,
    reason,
    reason_kind,
    outcome,
    outcome = 'rejected' as is_rejected,
    repaired_by_load_id,
    repaired_after_sequence
from {{ source('raw', 'rejects') }}
