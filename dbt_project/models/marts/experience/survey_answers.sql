with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where respondent_type <> 'employee'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    answers.answer_id,
    answers.response_id,
    answers.question_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    answers.order_id,
    answers.case_id,
    answers.store_id,

    answers.source_system,
    answers.survey,
    answers.question_type,
    answers.wording as question_wording,
    answers.dimension,
    answers.measures,
    answers.touchpoint,
    answers.respondent_type,
    answers.channel,
    answers.weight,
    answers.choice,
    answers.answer_text is not null as has_text,

    answers.score,
    answers.scale_min,
    answers.scale_max,
    answers.is_reversed,
    answers.score_status,
    answers.score_normalised,
    answers.is_top_two_box,
    answers.nps_class,

    answers.responded_at,
    answers.responded_date
from answers
left join customer_records on answers.identity_record_key = customer_records.identity_record_key
