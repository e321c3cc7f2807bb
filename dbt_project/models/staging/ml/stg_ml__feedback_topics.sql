select
    text_key,
    topic,
    span_start,
    span_end,
    polarity,
    sentiment_label,
    topic_score,
    model_name,
    model_version
from {{ source('ml', 'feedback_topics') }}
