with

answers as (
    select distinct
        response_id,
        identity_record_key,
        responded_date
    from {{ ref('int_survey_answers_scored') }}
    where respondent_type <> 'employee' and identity_record_key is not null and responded_date is not null
),

scores as (
    select * from {{ ref('int_survey_responses_scored') }}
),

measured as (
    {%- for measure in ['nps', 'csat', 'ces', 'rating'] %}
    select
        response_id,
        '{{ measure }}' as measure,
        {{ measure }}_score_normalised as score_normalised
    from scores
    union all
    {%- endfor %}
    select
        response_id,
        'any' as measure,
        score_normalised
    from scores
)

-- A point is a tenth of every scale, so that measures can be compared.
select
    measured.response_id,
    measured.measure,
    answers.identity_record_key,
    answers.responded_date,
    round(10 * measured.score_normalised, 1) as score
from measured
inner join answers on measured.response_id = answers.response_id
where measured.score_normalised is not null
