select
    text_key,
    language,
    language_probability,
    polarity,
    sentiment_label,
    model_name,
    model_version
from {{ source('ml', 'feedback_sentiment') }}
