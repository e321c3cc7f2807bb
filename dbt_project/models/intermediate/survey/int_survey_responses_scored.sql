with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
),

averaged as (
    select
        response_id,
        avg(case when question_type = 'nps' then score_normalised end) as nps_score_normalised,
        avg(case when question_type = 'csat' then score_normalised end) as csat_score_normalised,
        avg(case when question_type = 'ces' then score_normalised end) as ces_score_normalised,
        avg(case when question_type = 'rating' then score_normalised end) as rating_score_normalised,
        min(nps_class) as nps_class
    from answers
    where measures = 'experience'
    group by response_id
)

select
    *,
    coalesce(
        csat_score_normalised,
        nps_score_normalised,
        ces_score_normalised,
        rating_score_normalised
    ) as score_normalised
from averaged
