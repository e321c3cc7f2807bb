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
        order_id,
        product_id
    from {{ ref('int_cases_identified') }}
),

-- An order of several products does not tell which of them is meant.
orders_of_one as (
    select
        order_id,
        min(product_id) as product_id
    from {{ ref('stg_pos__order_lines') }}
    where product_id is not null
    group by order_id
    having count(distinct product_id) = 1
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

placed as (
    select
        feedback.*,
        coalesce(feedback.product_id, cases.product_id, orders_of_one.product_id) as named_product_id
    from feedback
    left join cases on feedback.case_id = cases.case_id
    left join orders_of_one on coalesce(feedback.order_id, cases.order_id) = orders_of_one.order_id
)

-- What was said in an interview counts, and is quoted nowhere.
select
    placed.feedback_id,
    placed.text_key,
    coalesce(customer_records.customer_id, placed.source_record_key) as person_key,
    coalesce(placed.named_product_id, 'unknown') as product_id,
    coalesce(products.category, 'unknown') as product_category,
    analysed.main_topic,
    analysed.polarity,
    case when placed.feedback_type <> 'research_note' then analysed.masked_text end as quotable_text,
    length(analysed.masked_text) as text_length,
    placed.occurred_date
from placed
inner join analysed on placed.text_key = analysed.text_key
left join products on placed.named_product_id = products.product_id
left join customer_records on placed.identity_record_key = customer_records.identity_record_key
