with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where measures = 'experience' and score_status = 'valid'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

attached as (
    select * from {{ ref('int_responses_attached') }}
    where score_source <> 'survey_unattached'
),

touchpoints as (
    select
        touchpoint_id,
        touchpoint_type,
        department
    from {{ ref('int_touchpoints_mapped') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

-- What was bought with others is not what the answer is about.
orders_of_one_product as (
    select
        order_id,
        min(product_id) as product_id
    from {{ ref('int_order_lines_converted') }}
    where not is_return
    group by order_id
    having count(distinct product_id) = 1 and count(*) = count(product_id)
),

active_customers as (
    select * from {{ ref('int_customer_periods_activated') }}
)

-- An anonymous response counts as its own person. A rating is about what its question names; a whole response about
-- the contact it was asked for.
select
    answers.answer_id as record_key,
    answers.responded_date as observed_date,
    coalesce(customer_records.customer_id, answers.response_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    answers.channel,
    answers.store_id as store,
    stores.partner,
    coalesce(answers.department, touchpoints.department) as department,
    case
        when answers.question_type = 'rating' then coalesce(answers.touchpoint, touchpoints.touchpoint_type)
        else coalesce(touchpoints.touchpoint_type, answers.touchpoint)
    end as touchpoint,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,
    coalesce(cases.product_id, orders_of_one_product.product_id) as product,
    products.category as product_category,

    {%- for grain in ['month', 'quarter', 'year', 'all'] %}
    active_in_{{ grain }}.customer_id is not null as is_active_in_{{ grain }},
    {%- endfor %}
    answers.respondent_type,
    answers.question_type,
    answers.dimension as question_dimension,
    answers.score_normalised,
    case when answers.is_top_two_box then 1 else 0 end as is_top_two_box,
    case answers.nps_class when 'promoter' then 1 when 'passive' then 0 when 'detractor' then -1 end as nps_points,
    answers.weight,
    answers.responded_at
from answers
left join customer_records on answers.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on answers.store_id = stores.store_id
left join attached on answers.response_id = attached.response_id
left join touchpoints on attached.touchpoint_id = touchpoints.touchpoint_id
left join cases on answers.case_id = cases.case_id
left join orders_of_one_product on answers.order_id = orders_of_one_product.order_id
left join products on coalesce(cases.product_id, orders_of_one_product.product_id) = products.product_id
{%- for grain in ['month', 'quarter', 'year', 'all'] %}
left join active_customers as active_in_{{ grain }}
    on customer_records.customer_id = active_in_{{ grain }}.customer_id
    and active_in_{{ grain }}.grain = '{{ grain }}'
    {%- if grain != 'all' %}
    and active_in_{{ grain }}.period_start = {{ period_start("'" ~ grain ~ "'", 'answers.responded_date') }}
    {%- endif %}
{%- endfor %}
