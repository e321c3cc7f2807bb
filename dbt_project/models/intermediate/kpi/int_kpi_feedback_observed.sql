with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type = 'customer'
),

sentiment as (
    select * from {{ ref('stg_ml__feedback_sentiment') }}
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

voices as (
    select
        voice_id,
        touchpoint_id
    from {{ ref('int_voices_attached') }}
),

touchpoints as (
    select
        touchpoint_id,
        touchpoint_type,
        department
    from {{ ref('int_touchpoints_mapped') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

select
    feedback.feedback_id as record_key,
    feedback.occurred_date as observed_date,
    coalesce(customer_records.customer_id, feedback.source_record_key) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    feedback.channel,
    feedback.store_id as store,
    coalesce(cases.partner, stores.partner) as partner,
    coalesce(answers.department, cases.department, touchpoints.department) as department,
    coalesce(touchpoints.touchpoint_type, feedback.touchpoint) as touchpoint,
    coalesce(feedback.product_id, cases.product_id) as product,
    products.category as product_category,
    customers.segment,
    customers.age_group,
    customers.region,
    customers.acquisition_channel,
    coalesce(cases.account_id, customers.account_id) as account,

    100.0 * sentiment.polarity as polarity_points
from feedback
left join sentiment on feedback.text_key = sentiment.text_key
left join answers on feedback.feedback_id = answers.answer_id
left join cases on feedback.case_id = cases.case_id
left join products on coalesce(feedback.product_id, cases.product_id) = products.product_id
left join voices on feedback.source_record_key = voices.voice_id
left join touchpoints on voices.touchpoint_id = touchpoints.touchpoint_id
left join stores on feedback.store_id = stores.store_id
left join customer_records on feedback.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
