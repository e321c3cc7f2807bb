with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

feedback as (
    select
        customer_records.customer_id,
        feedback.*,
        sentiment.polarity
    from {{ ref('int_feedback_texts_unioned') }} as feedback
    inner join customer_records on feedback.identity_record_key = customer_records.identity_record_key
    left join {{ ref('stg_ml__feedback_sentiment') }} as sentiment on feedback.text_key = sentiment.text_key
    where feedback.respondent_type <> 'employee'
),

feedback_totals as (
    select
        customer_id,
        count(*) as feedback_count,
        avg(polarity) as mean_polarity,
        max(occurred_date) as last_feedback_date
    from feedback
    group by customer_id
),

nps_answers as (
    select * from {{ ref('int_nps_answers_counted') }}
    where kpi_id = 'nps' and grain = 'all' and count_status = 'counted' and is_known_customer
),

case_totals as (
    select
        customer_records.customer_id,
        count(*) as cases_count,
        max(cases.opened_date) as last_case_date
    from {{ ref('int_cases_identified') }} as cases
    inner join customer_records on cases.identity_record_key = customer_records.identity_record_key
    group by customer_records.customer_id
)

select
    customer_ids.customer_id,
    coalesce(feedback_totals.feedback_count, 0) as feedback_count,
    feedback_totals.mean_polarity,
    feedback_totals.last_feedback_date,
    nps_answers.nps_class as latest_nps_class,
    coalesce(case_totals.cases_count, 0) as cases_count,
    case_totals.last_case_date
from (select distinct customer_id from customer_records) as customer_ids
left join feedback_totals on customer_ids.customer_id = feedback_totals.customer_id
left join nps_answers on customer_ids.customer_id = nps_answers.person_key
left join case_totals on customer_ids.customer_id = case_totals.customer_id
