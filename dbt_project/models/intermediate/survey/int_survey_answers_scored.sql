with

answers as (
    select * from {{ ref('stg_survey__answers') }}
),

questions as (
    select * from {{ ref('stg_survey__questions') }}
),

responses as (
    select * from {{ ref('int_survey_responses_identified') }}
),

joined as (
    select
        answers.answer_id,
        answers.response_id,
        answers.question_id,
        responses.identity_record_key,
        responses.order_id,
        responses.case_id,
        responses.store_id,
        coalesce(questions.survey, responses.survey) as survey,
        coalesce(questions.question_type, 'unknown') as question_type,
        questions.wording,
        questions.dimension,
        coalesce(questions.measures, 'experience') as measures,
        coalesce(questions.touchpoint, responses.touchpoint) as touchpoint,
        coalesce(responses.respondent_type, 'customer') as respondent_type,
        responses.channel,
        responses.department,
        responses.weight,
        responses.language,
        answers.score,
        answers.choice,
        answers.answer_text,
        questions.scale_min,
        questions.scale_max,
        coalesce(questions.is_reversed, false) as is_reversed,
        case
            when answers.is_not_applicable then 'not_applicable'
            when answers.score is null then 'no_score'
            when questions.scale_min is null or questions.scale_max is null then 'no_scale'
            when answers.score < questions.scale_min or answers.score > questions.scale_max then 'out_of_scale'
            else 'valid'
        end as score_status,
        responses.responded_at,
        responses.responded_date,
        answers.source_system
    from answers
    left join questions on answers.question_id = questions.question_id
    left join responses on answers.response_id = responses.response_id
),

-- A reversed scale is mirrored, so that a high directed score is always the good one.
directed as (
    select
        *,
        case
            when score_status = 'valid' and is_reversed then scale_min + scale_max - score
            when score_status = 'valid' then score
        end as directed_score
    from joined
)

select
    *,
    (directed_score - scale_min) / nullif(scale_max - scale_min, 0) as score_normalised,
    directed_score >= scale_max - 1 as is_top_two_box,
    case when question_type = 'nps' and directed_score is not null then {{ nps_class() }} end as nps_class
from directed
