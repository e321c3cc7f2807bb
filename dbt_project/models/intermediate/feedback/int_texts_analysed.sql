with

distinct_texts as (
    select text_key from {{ ref('int_feedback_texts_deduplicated') }}
),

masked_texts as (
    select * from {{ ref('stg_ml__feedback_texts') }}
),

sentiment as (
    select * from {{ ref('stg_ml__feedback_sentiment') }}
),

signals as (
    select * from {{ ref('stg_ml__feedback_signals') }}
),

routing as (
    select * from {{ ref('stg_ml__feedback_routing') }}
),

topics as (
    select
        text_key,
        topic,
        max(topic_score) as topic_score,
        min(span_start) as first_span_start
    from {{ ref('stg_ml__feedback_topics') }}
    group by text_key, topic
),

ranked_topics as (
    select
        text_key,
        topic,
        row_number() over (
            partition by text_key order by topic_score desc, first_span_start asc, topic asc
        ) as topic_rank
    from topics
)

select
    distinct_texts.text_key,
    masked_texts.masked_text,
    masked_texts.personal_data_count,
    coalesce(masked_texts.language, 'unknown') as language,
    sentiment.polarity,
    coalesce(sentiment.sentiment_label, 'unknown') as sentiment_label,
    sentiment.sentiment_probability,
    sentiment.is_unsure,
    sentiment.model_name as sentiment_model_name,
    sentiment.model_version as sentiment_model_version,
    coalesce(signals.experience_dimension, 'unknown') as experience_dimension,
    coalesce(signals.emotion, 'unknown') as emotion,
    signals.urgency,
    coalesce(signals.urgency_label, 'unknown') as urgency_label,
    coalesce(signals.intent, 'unknown') as intent,
    coalesce(ranked_topics.topic, 'unknown') as main_topic,
    coalesce(routing.department, 'unknown') as suggested_department,
    coalesce(case when not routing.is_to_be_checked then routing.department end, 'unknown') as department,
    coalesce(routing.routing_method, 'none') as routing_method,
    routing.routing_reason,
    routing.routing_probability
from distinct_texts
left join masked_texts on distinct_texts.text_key = masked_texts.text_key
left join sentiment on distinct_texts.text_key = sentiment.text_key
left join signals on distinct_texts.text_key = signals.text_key
left join routing on distinct_texts.text_key = routing.text_key
left join ranked_topics
    on distinct_texts.text_key = ranked_topics.text_key
    and ranked_topics.topic_rank = 1
