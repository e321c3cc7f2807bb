with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        respondent_type <> 'employee'
        and measures = 'experience'
        and score_status = 'valid'
),

named as (
    select
        response_id,
        score_normalised,
        case
            when dimension = 'overall' and question_type in ('rating', 'csat') then 'overall'
            when question_type in ('nps', 'csat') then question_type
        end as outcome
    from answers
)

select
    response_id,
    outcome,
    100.0 * avg(cast(score_normalised as double)) as score
from named
where outcome is not null
group by response_id, outcome
