select
    export_id,
    action_id,
    customer_id,
    action_kind,
    channel,
    exported_by,
    file_name,
    file_format,
    content_hash,
    holdout_draw,
    exported_at,
    as_of_date
from {{ source('raw', 'action_exports') }}
