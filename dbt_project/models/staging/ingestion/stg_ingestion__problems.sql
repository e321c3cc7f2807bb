select
    source_system,
    label,
    entity,
    file,
    message
from {{ source('raw', 'load_problems') }}
