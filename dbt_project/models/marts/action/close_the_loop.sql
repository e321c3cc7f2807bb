with

bounds as (
    select {{ as_of_date() }} as as_of_date
),

loops as (
    select * from {{ ref('int_loops_opened') }}
),

cases as (
    select
        cases.case_id,
        cases.customer_id,
        cases.opened_at,
        cases.is_abandoned,
        cases.is_reopened,
        cases.is_recontacted_within_7_days,
        cases.is_resolved,
        case when measured.closed_date <= bounds.as_of_date then measured.closed_date end as closed_date,
        case
            when {{ to_company_date('cases.first_response_at') }} <= bounds.as_of_date
                then {{ to_company_date('cases.first_response_at') }}
        end as first_response_date
    from {{ ref('cases') }} as cases
    inner join {{ ref('int_cases_measured') }} as measured on cases.case_id = measured.case_id
    cross join bounds
    where not cases.is_mirror and cases.opened_date <= bounds.as_of_date
),

departments as (
    select * from {{ ref('departments') }}
),

deadlines as (
    select * from {{ ref('loop_deadlines') }}
),

-- A call to ask about an answer needs the consent to calls, for research or for marketing.
consents as (
    select distinct channel_consents.customer_id
    from {{ ref('int_channel_consents_resolved') }} as channel_consents
    inner join {{ ref('int_customer_consents_resolved') }} as consents
        on channel_consents.customer_id = consents.customer_id
    where
        channel_consents.channel = 'phone' and channel_consents.is_granted
        and (
            (channel_consents.purpose = 'research' and consents.has_research_consent)
            or (channel_consents.purpose = 'marketing' and consents.has_marketing_consent)
        )
),

suppressed as (
    select distinct customer_id from {{ ref('int_contact_permissions_resolved') }}
    where channel = 'phone' and is_suppressed
),

answers as (
    select survey_answers.*
    from {{ ref('survey_answers') }} as survey_answers
    cross join bounds
    where
        survey_answers.question_type = 'nps'
        and survey_answers.nps_class is not null
        and survey_answers.responded_date <= bounds.as_of_date
),

values_at_risk as (
    select
        customer_id,
        future_value_12_months * churn_probability as value_at_risk,
        percent_rank() over (order by future_value_12_months * churn_probability) as risk_rank
    from {{ ref('stg_ml__customer_values') }}
),

-- The case itself, else the first one that was opened for the customer afterwards.
followed as (
    select
        loops.loop_id,
        cases.case_id,
        row_number() over (
            partition by loops.loop_id order by cases.opened_at asc, cases.case_id asc
        ) as follow_up_rank
    from loops
    inner join cases on loops.customer_id = cases.customer_id
    where
        loops.case_id = cases.case_id
        or (
            loops.case_id is null
            and cases.opened_at >= loops.occurred_at
            and {{ dbt.datediff('loops.occurred_at', 'cases.opened_at', 'day') }} <= {{ var('loop_follow_up_days') }}
        )
),

answered_later as (
    select
        loops.loop_id,
        answers.nps_class,
        answers.responded_date,
        row_number() over (
            partition by loops.loop_id order by answers.responded_at asc, answers.answer_id asc
        ) as later_rank
    from loops
    inner join answers
        on loops.customer_id = answers.customer_id
        and loops.occurred_at < answers.responded_at
),

prioritised as (
    select
        loops.*,
        values_at_risk.value_at_risk,
        case
            when
                loops.intent = 'cancellation_threat'
                or loops.urgency_label = 'high'
                or loops.case_priority in ('high', 'urgent')
                or values_at_risk.risk_rank >= 0.8
                then 'high'
            when values_at_risk.risk_rank < 0.3 or values_at_risk.risk_rank is null then 'low'
            else 'normal'
        end as priority
    from loops
    left join values_at_risk on loops.customer_id = values_at_risk.customer_id
),

stated as (
    select
        prioritised.*,
        cast({{ dbt.dateadd('day', 'deadlines.days_to_call', 'prioritised.occurred_date') }} as date) as due_date,
        followed.case_id as follow_up_case_id,
        cases.first_response_date as first_contact_date,
        cases.closed_date,
        case
            when cases.closed_date is not null then 'done'
            when cases.first_response_date is not null then 'in_progress'
            else 'open'
        end as state,
        case
            when cases.closed_date is null then null
            when cases.is_abandoned then 'not_reached'
            when cases.is_reopened then 'reopened'
            when cases.is_recontacted_within_7_days then 'came_back'
            when cases.is_resolved then 'resolved'
            else 'closed_unresolved'
        end as outcome
    from prioritised
    inner join deadlines on prioritised.priority = deadlines.priority
    left join followed
        on prioritised.loop_id = followed.loop_id
        and followed.follow_up_rank = 1
    left join cases on followed.case_id = cases.case_id
)

select
    stated.loop_id,
    stated.customer_id,
    stated.source_record_key,
    stated.follow_up_case_id,
    stated.text_key,

    stated.loop_reason,
    stated.department,
    departments.name_en as department_name_en,
    departments.name_de as department_name_de,
    departments.owner,
    stated.priority,
    {{ money('stated.value_at_risk') }} as value_at_risk,
    '{{ var("reporting_currency") }}' as currency,

    stated.state,
    stated.outcome,
    stated.state <> 'done'
    and stated.first_contact_date is null
    and stated.due_date < bounds.as_of_date as is_overdue,
    stated.first_contact_date <= stated.due_date as is_contacted_in_time,
    answered_later.nps_class as later_nps_class,
    (stated.loop_reason = 'complaint_case' or consents.customer_id is not null)
    and suppressed.customer_id is null as is_callback_permitted,

    stated.occurred_at,
    stated.occurred_date,
    stated.due_date,
    stated.first_contact_date,
    stated.closed_date,
    answered_later.responded_date as later_answer_date
from stated
cross join bounds
left join departments on stated.department = departments.department
left join consents on stated.customer_id = consents.customer_id
left join suppressed on stated.customer_id = suppressed.customer_id
left join answered_later
    on stated.loop_id = answered_later.loop_id
    and answered_later.later_rank = 1
