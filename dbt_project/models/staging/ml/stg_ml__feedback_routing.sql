select
    text_key,
    department,
    routing_method,
    routing_reason,
    routing_probability,
    is_to_be_checked,
    model_version
from {{ source('ml', 'feedback_routing') }}
