with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type <> 'employee' and feedback_type <> 'research_note'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

analysed as (
    select * from {{ ref('int_texts_analysed') }}
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
    analysed.masked_text,
    length(analysed.masked_text) as text_length,
    analysed.personal_data_count,
    feedback.score_normalised,
    feedback.nps_class,

    analysed.language,
    analysed.polarity,
    analysed.sentiment_label,
    analysed.sentiment_probability,
    analysed.is_unsure,
    analysed.sentiment_model_name,
    analysed.sentiment_model_version,
    analysed.main_topic,
    analysed.experience_dimension,
    analysed.emotion,
    analysed.urgency,
    analysed.urgency_label,
    analysed.intent,
    analysed.department,

    feedback.occurred_at,
    feedback.occurred_date
from feedback
inner join analysed on feedback.text_key = analysed.text_key
left join customer_records on feedback.identity_record_key = customer_records.identity_record_key
