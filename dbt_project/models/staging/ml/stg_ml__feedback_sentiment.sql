select
    text_key,
    polarity,
    sentiment_label,
    sentiment_probability,
    is_unsure,
    model_name,
    model_version
from {{ source('ml', 'feedback_sentiment') }}
