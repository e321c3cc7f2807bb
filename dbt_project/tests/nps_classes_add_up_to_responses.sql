{{ config(meta={'dagster': {'ref': {'name': 'int_nps_answers_counted'}}}) }}
-- Promoters + passives + detractors = counted, and counted + superseded + not applicable = responses,
-- for every period; the responses are counted from staging.
with

counted as (
    select
        kpi_id,
        grain,
        period_start,
        count(*) as answers_count,
        sum(case when count_status = 'counted' then 1 else 0 end) as counted_count,
        sum(case when count_status = 'superseded' then 1 else 0 end) as superseded_count,
        sum(case when count_status = 'not_applicable' then 1 else 0 end) as not_applicable_count,
        sum(case when count_status = 'counted' and nps_class = 'promoter' then 1 else 0 end)
        + sum(case when count_status = 'counted' and nps_class = 'passive' then 1 else 0 end)
        + sum(case when count_status = 'counted' and nps_class = 'detractor' then 1 else 0 end) as classes_count,
        count(distinct case when count_status = 'counted' then person_key end) as persons_count
    from {{ ref('int_nps_answers_counted') }}
    group by kpi_id, grain, period_start
),

expected as (
    select
        case when responses.respondent_type = 'employee' then 'employee_nps' else 'nps' end as kpi_id,
        grains.grain,
        {{ period_start('grains.grain', 'responses.responded_date') }} as period_start,
        count(*) as responses_count
    from {{ ref('stg_survey__answers') }} as answers
    inner join {{ ref('stg_survey__questions') }} as questions on answers.question_id = questions.question_id
    inner join {{ ref('stg_survey__responses') }} as responses on answers.response_id = responses.response_id
    cross join ({{ kpi_grains() }}) as grains
    where
        questions.question_type = 'nps'
        and questions.measures = 'experience'
        and responses.respondent_type in ('customer', 'employee')
    group by 1, 2, 3
)

select
    expected.*,
    counted.*
from expected
full outer join counted
    on expected.kpi_id = counted.kpi_id
    and expected.grain = counted.grain
    and coalesce(cast(expected.period_start as string), 'all') = coalesce(cast(counted.period_start as string), 'all')
where
    counted.kpi_id is null
    or expected.kpi_id is null
    or counted.classes_count <> counted.counted_count
    or counted.persons_count <> counted.counted_count
    or counted.counted_count + counted.superseded_count + counted.not_applicable_count <> expected.responses_count
