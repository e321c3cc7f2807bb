{#- What a customer is to be called back about; a comment of a detractor's answer belongs to the answer. -#}
with

bounds as (
    select
        {{ as_of_date() }} as as_of_date,
        {{ dbt.dateadd('day', -1 * var('loop_days'), as_of_date()) }} as first_date
),

answers as (
    select * from {{ ref('survey_answers') }}
    where question_type = 'nps' and nps_class = 'detractor' and respondent_type = 'customer'
),

feedback as (
    select * from {{ ref('feedback') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

attached as (
    select * from {{ ref('int_responses_attached') }}
),

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
    where not is_listening
),

comments as (
    select
        source_record_key,
        department,
        urgency_label,
        intent,
        text_key,
        row_number() over (
            partition by source_record_key order by urgency desc nulls last, feedback_id asc
        ) as comment_rank
    from feedback
    where feedback_type = 'survey_comment'
),

detractors as (
    select
        answers.answer_id as loop_id,
        'detractor' as loop_reason,
        answers.customer_id,
        answers.response_id as source_record_key,
        cast(null as string) as case_id,
        comments.text_key,
        coalesce(comments.department, 'unknown') as department,
        cast(null as string) as case_priority,
        comments.urgency_label,
        comments.intent,
        answers.responded_at as occurred_at,
        answers.responded_date as occurred_date
    from answers
    left join comments
        on answers.response_id = comments.source_record_key
        and comments.comment_rank = 1
),

complaint_cases as (
    select
        cases.case_id as loop_id,
        'complaint_case' as loop_reason,
        cases.customer_id,
        cases.case_id as source_record_key,
        cases.case_id,
        feedback.text_key,
        coalesce(cases.department, 'unknown') as department,
        cases.priority as case_priority,
        feedback.urgency_label,
        feedback.intent,
        cases.opened_at as occurred_at,
        cases.opened_date as occurred_date
    from {{ ref('cases') }} as cases
    left join reasons on cases.reason = reasons.reason
    left join feedback on cases.case_id = feedback.feedback_id
    where
        not cases.is_mirror
        and (coalesce(reasons.is_complaint, false) or feedback.intent in ('complaint', 'cancellation_threat'))
),

complaints as (
    select
        feedback.feedback_id as loop_id,
        'complaint' as loop_reason,
        feedback.customer_id,
        feedback.source_record_key,
        cast(null as string) as case_id,
        feedback.text_key,
        coalesce(feedback.department, 'unknown') as department,
        cast(null as string) as case_priority,
        feedback.urgency_label,
        feedback.intent,
        feedback.occurred_at,
        feedback.occurred_date
    from feedback
    left join answers on feedback.source_record_key = answers.response_id
    where
        feedback.feedback_type <> 'service_case'
        and feedback.respondent_type = 'customer'
        and feedback.intent in ('complaint', 'cancellation_threat')
        and answers.response_id is null
),

loops as (
    select * from detractors
    union all
    select * from complaint_cases
    union all
    select * from complaints
)

-- Where the text does not say whom it is about, an answer about a touchpoint is about its department.
select
    loops.loop_id,
    loops.loop_reason,
    loops.customer_id,
    loops.source_record_key,
    loops.case_id,
    loops.text_key,
    coalesce(nullif(loops.department, 'unknown'), touchpoints.department, 'unknown') as department,
    loops.case_priority,
    loops.urgency_label,
    loops.intent,
    loops.occurred_at,
    loops.occurred_date
from loops
cross join bounds
left join attached on loops.source_record_key = attached.response_id
left join touchpoints on attached.touchpoint_id = touchpoints.touchpoint_id
where
    loops.customer_id <> 'unknown'
    and loops.occurred_date >= bounds.first_date
    and loops.occurred_date <= bounds.as_of_date
