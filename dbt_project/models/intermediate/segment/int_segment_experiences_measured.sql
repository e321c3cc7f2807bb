with

moments as (
    select * from {{ ref('int_segment_moments_listed') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type <> 'employee' and feedback_type <> 'research_note'
),

sentiment as (
    select * from {{ ref('stg_ml__feedback_sentiment') }}
),

signals as (
    select * from {{ ref('stg_ml__feedback_signals') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

-- One row per thing said, asked or delivered; a comment of a survey has its scores among the answers.
facts as (
    select
        identity_record_key,
        responded_date as fact_date,
        score_normalised as score,
        case when question_type = 'ces' then score_normalised end as ease_score,
        cast(null as double) as polarity,
        1 as voices_count,
        0 as cases_count,
        0 as complaints_count,
        cast(null as integer) as late_count
    from {{ ref('int_survey_answers_scored') }}
    where respondent_type <> 'employee' and measures = 'experience' and score_normalised is not null
    union all
    select
        feedback.identity_record_key,
        feedback.occurred_date as fact_date,
        case when feedback.feedback_type like 'social%' then feedback.score_normalised end as score,
        cast(null as double) as ease_score,
        sentiment.polarity,
        1 as voices_count,
        0 as cases_count,
        case when signals.intent = 'complaint' and feedback.case_id is null then 1 else 0 end as complaints_count,
        cast(null as integer) as late_count
    from feedback
    left join sentiment on feedback.text_key = sentiment.text_key
    left join signals on feedback.text_key = signals.text_key
    union all
    select
        cases.identity_record_key,
        cases.opened_date as fact_date,
        cast(null as double) as score,
        cast(null as double) as ease_score,
        cast(null as double) as polarity,
        0 as voices_count,
        1 as cases_count,
        case when reasons.is_complaint then 1 else 0 end as complaints_count,
        cast(null as integer) as late_count
    from {{ ref('int_cases_identified') }} as cases
    left join reasons on cases.reason = reasons.reason
    union all
    select
        identity_record_key,
        delivered_date as fact_date,
        cast(null as double) as score,
        cast(null as double) as ease_score,
        cast(null as double) as polarity,
        0 as voices_count,
        0 as cases_count,
        0 as complaints_count,
        case when is_delivered_late then 1 else 0 end as late_count
    from {{ ref('int_orders_completed') }}
    where not is_cancelled and delivered_date is not null and promised_date is not null
)

select
    customer_records.customer_id,
    moments.moment,
    sum(facts.voices_count) as voices_count,
    avg(facts.score) as score,
    avg(facts.polarity) as polarity,
    avg(facts.ease_score) as ease_score,
    sum(facts.complaints_count) as complaints_count,
    sum(facts.cases_count) as cases_count,
    avg(cast(facts.late_count as double)) as late_delivery_share
from facts
inner join customer_records on facts.identity_record_key = customer_records.identity_record_key
inner join moments on facts.fact_date <= moments.moment_date
group by customer_records.customer_id, moments.moment
-- Who never said anything has no experience that is known.
having sum(facts.voices_count) > 0
