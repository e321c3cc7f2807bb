with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type <> 'employee'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

sentiment as (
    select * from {{ ref('stg_ml__feedback_sentiment') }}
)

select
    feedback.feedback_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    feedback.source_record_key,
    feedback.order_id,
    feedback.case_id,
    feedback.product_id,
    feedback.store_id,
    feedback.text_key,

    feedback.source_system,
    feedback.feedback_type,
    feedback.channel,
    feedback.touchpoint,
    feedback.respondent_type,
    feedback.feedback_text,
    length(feedback.feedback_text) as text_length,
    feedback.score_normalised,
    feedback.nps_class,
    coalesce(sentiment.language, 'unknown') as language,
    sentiment.polarity,
    coalesce(sentiment.sentiment_label, 'unknown') as sentiment_label,
    sentiment.model_name as sentiment_model_name,
    sentiment.model_version as sentiment_model_version,

    feedback.occurred_at,
    feedback.occurred_date
from feedback
left join customer_records on feedback.identity_record_key = customer_records.identity_record_key
left join sentiment on feedback.text_key = sentiment.text_key
