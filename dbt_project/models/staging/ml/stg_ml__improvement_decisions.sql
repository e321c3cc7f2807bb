select
    kind,
    issue,
    decision,
    owner,
    effective_from,
    state,
    decided_on,
    decision_row,
    is_known
from {{ source('ml', 'improvement_decisions') }}
