with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

labelled as (
    select
        feedback.text_key,
        feedback.score_normalised,
        feedback.nps_class,
        nullif(cases.department, 'unknown') as department,
        nullif(reasons.topic, 'unknown') as topic
    from feedback
    left join cases
        on feedback.source_record_key = cases.case_id
        and feedback.feedback_type = 'service_case'
    left join reasons on cases.reason = reasons.reason
    where feedback.score_normalised is not null or feedback.nps_class is not null or cases.case_id is not null
)

-- Of labels that contradict each other none is taken; scores are averaged.
select
    text_key,
    avg(score_normalised) as score_normalised,
    case when min(nps_class) = max(nps_class) then min(nps_class) end as nps_class,
    case when min(department) = max(department) then min(department) end as department,
    case when min(topic) = max(topic) then min(topic) end as topic
from labelled
group by text_key
