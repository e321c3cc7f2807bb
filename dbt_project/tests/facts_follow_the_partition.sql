{{ config(meta={'dagster': {'ref': {'name': 'orders'}}}) }}
{#- Marts of facts, the model that knows the identity record of each, and their key. -#}
{%- set facts = [
    ('orders', 'int_orders_completed', 'order_id'),
    ('cases', 'int_cases_identified', 'case_id'),
    ('survey_answers', 'int_survey_answers_scored', 'answer_id'),
    ('feedback', 'int_feedback_texts_unioned', 'feedback_id'),
] -%}
-- Every fact, however old, has the customer that its record belongs to today: nothing keeps the id of a
-- partition that is gone.
{%- for mart, model, key in facts %}
select
    '{{ mart }}' as mart,
    marts.{{ key }} as fact_key
from {{ ref(mart) }} as marts
inner join {{ ref(model) }} as facts on marts.{{ key }} = facts.{{ key }}
left join {{ ref('stg_ml__customer_records') }} as customer_records
    on facts.identity_record_key = customer_records.identity_record_key
where marts.customer_id <> coalesce(customer_records.customer_id, 'unknown')
union all
{%- endfor %}
select
    'touchpoints' as mart,
    touchpoints.touchpoint_id as fact_key
from {{ ref('touchpoints') }} as touchpoints
inner join {{ ref('orders') }} as orders on touchpoints.source_record_key = orders.order_id
where touchpoints.source_entity = 'pos.orders' and touchpoints.customer_id <> orders.customer_id
