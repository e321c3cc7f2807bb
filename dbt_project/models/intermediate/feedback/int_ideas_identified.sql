with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type <> 'employee'
),

analysed as (
    select * from {{ ref('int_texts_analysed') }}
    where intent = 'idea'
),

cases as (
    select
        case_id,
        product_id
    from {{ ref('int_cases_identified') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

-- What was said in an interview counts, and is quoted nowhere.
select
    feedback.feedback_id,
    feedback.text_key,
    coalesce(customer_records.customer_id, feedback.source_record_key) as person_key,
    coalesce(feedback.product_id, cases.product_id, 'unknown') as product_id,
    coalesce(products.category, 'unknown') as product_category,
    analysed.main_topic,
    analysed.polarity,
    case when feedback.feedback_type <> 'research_note' then analysed.masked_text end as quotable_text,
    length(feedback.feedback_text) as text_length,
    feedback.occurred_date
from feedback
inner join analysed on feedback.text_key = analysed.text_key
left join cases on feedback.case_id = cases.case_id
left join products on coalesce(feedback.product_id, cases.product_id) = products.product_id
left join customer_records on feedback.identity_record_key = customer_records.identity_record_key
