{%- set traits = ['gender', 'customer_type', 'region', 'acquisition_channel'] -%}
with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select
        *,
        {{ age_group('birth_date', as_of_date()) }} as age_group
    from {{ ref('int_customers_consolidated') }}
),

lines as (
    select distinct
        customer_records.customer_id,
        order_lines.product_id,
        products.category
    from {{ ref('int_order_lines_converted') }} as order_lines
    inner join {{ ref('int_orders_completed') }} as orders on order_lines.order_id = orders.order_id
    inner join customer_records on orders.identity_record_key = customer_records.identity_record_key
    inner join {{ ref('stg_pos__products') }} as products on order_lines.product_id = products.product_id
    where not order_lines.is_cancelled and not order_lines.is_return
),

texts as (
    select
        customer_records.customer_id,
        placed.level_1_topic as topic,
        mentions.polarity
    from {{ ref('int_feedback_topics_attributed') }} as mentions
    inner join {{ ref('int_feedback_texts_unioned') }} as feedback on mentions.feedback_id = feedback.feedback_id
    inner join customer_records on feedback.identity_record_key = customer_records.identity_record_key
    inner join {{ ref('int_topics_placed') }} as placed on mentions.topic = placed.topic
    where feedback.respondent_type = 'customer' and feedback.feedback_type <> 'research_note'
),

answers as (
    select
        customer_records.customer_id,
        answers.*
    from {{ ref('int_survey_answers_scored') }} as answers
    inner join customer_records on answers.identity_record_key = customer_records.identity_record_key
    where answers.respondent_type <> 'employee'
),

listed as (
    {%- for trait in traits %}
    select
        customer_id,
        '{{ trait }}' as attribute,
        {{ trait }} as attribute_value
    from customers
    union all
    {%- endfor %}
    select
        customer_id,
        'age_group' as attribute,
        nullif(age_group, 'unknown') as attribute_value
    from customers
    union all
    select * from {{ ref('int_segment_habits_chosen') }}
    union all
    select
        customer_records.customer_id,
        'case_channel' as attribute,
        nullif(cases.channel, 'unknown') as attribute_value
    from {{ ref('int_cases_identified') }} as cases
    inner join customer_records on cases.identity_record_key = customer_records.identity_record_key
    union all
    select
        customer_id,
        'product_category' as attribute,
        category as attribute_value
    from lines
    union all
    select
        customer_id,
        'product' as attribute,
        product_id as attribute_value
    from lines
    union all
    select
        customer_id,
        'topic' as attribute,
        topic as attribute_value
    from texts
    union all
    -- Who wrote without a bad word counts among those who could have said one; likewise without a good one.
    {%- for attribute, sign in [('pain_point', '<'), ('praise_point', '>')] %}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        case when polarity {{ sign }} 0 then topic else 'none' end as attribute_value
    from texts
    union all
    {%- endfor %}
    select
        person_key as customer_id,
        'nps_class' as attribute,
        nps_class as attribute_value
    from {{ ref('int_nps_answers_counted') }}
    where kpi_id = 'nps' and grain = 'all' and count_status = 'counted' and is_known_customer
    union all
    select
        customer_id,
        'need' as attribute,
        choice as attribute_value
    from answers
    where measures = 'importance'
    union all
    select
        customer_id,
        'expectation' as attribute,
        case when is_top_two_box then dimension else 'none' end as attribute_value
    from answers
    where measures = 'expectation' and score_normalised is not null
)

select distinct
    customer_id,
    attribute,
    attribute_value
from listed
where attribute_value is not null
