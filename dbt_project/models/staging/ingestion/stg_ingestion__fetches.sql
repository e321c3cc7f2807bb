select
    source_system,
    label,
    entity,
    fetched_on as fetched_date
from {{ source('raw', 'fetches') }}
