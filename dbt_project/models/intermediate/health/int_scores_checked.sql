{%- set enough_scores = 100 -%}
with

scored as (
    select * from {{ ref('int_survey_answers_scored') }}
    where score_status in ('valid', 'out_of_scale', 'no_scale')
),

answers as (
    select * from {{ ref('stg_survey__answers') }}
),

loads as (
    select * from {{ ref('stg_ingestion__loads') }}
),

grouped as (
    select
        case
            when scored.question_type = 'nps' and scored.respondent_type = 'employee' then 'employee_nps'
            else scored.question_type
        end as scores,
        scored.source_system,
        scored.score_status,
        loads.load_sequence
    from scored
    inner join answers on scored.answer_id = answers.answer_id
    inner join loads on answers.load_id = loads.load_id
    where
        scored.measures = 'experience'
        and (scored.respondent_type = 'customer' or scored.question_type = 'nps')

    union all

    select
        'any' as scores,
        scored.source_system,
        scored.score_status,
        loads.load_sequence
    from scored
    inner join answers on scored.answer_id = answers.answer_id
    inner join loads on answers.load_id = loads.load_id
    where scored.respondent_type <> 'employee'
),

per_load as (
    select
        scores,
        source_system,
        load_sequence,
        count(*) as scores_count,
        sum(case when score_status = 'valid' then 0 else 1 end) as beyond_scale_count
    from grouped
    group by scores, source_system, load_sequence
),

-- The newest loads are those that together have enough scores to be judged.
ranked as (
    select
        *,
        coalesce(sum(scores_count) over (
            partition by scores, source_system order by load_sequence desc
            rows between unbounded preceding and 1 preceding
        ), 0) < {{ enough_scores }} as is_newest
    from per_load
)

select
    scores,
    source_system,
    sum(scores_count) as scores_count,
    sum(beyond_scale_count) as beyond_scale_count,
    1.0 * sum(beyond_scale_count) / sum(scores_count) as beyond_scale_share
from ranked
where is_newest
group by scores, source_system
