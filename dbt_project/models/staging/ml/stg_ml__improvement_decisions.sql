select
    kind,
    issue,
    decision,
    owner,
    effective_from,
    state,
    decided_on,
    decision_row
from {{ source('ml', 'improvement_decisions') }}
