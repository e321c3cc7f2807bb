select
    load_id,
    source_system,
    replace(entity, '.', '_') as entity_table,
    state,
    state = 'admitted' as is_admitted,
    reason,
    load_sequence,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_repeated,
    extracted_on as extracted_date,
    {{ to_company_date('first_event_at') }} as first_event_date,
    {{ to_company_date('last_event_at') }} as last_event_date
from {{ source('raw', 'load_manifest') }}
