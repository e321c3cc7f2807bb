select
    text_key,
    masked_text,
    personal_data_count,
    personal_data_kinds,
    language,
    language_probability,
    model_version
from {{ source('ml', 'feedback_texts') }}
