select
    text_key,
    experience_dimension,
    emotion,
    urgency,
    urgency_label,
    intent,
    intent_probability,
    model_version
from {{ source('ml', 'feedback_signals') }}
