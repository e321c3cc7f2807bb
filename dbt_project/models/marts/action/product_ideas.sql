with

ideas as (
    select * from {{ ref('int_ideas_identified') }}
),

products as (
    select * from {{ ref('products') }}
),

customer_values as (
    select * from {{ ref('int_customer_orders_summarised') }}
),

counted as (
    select
        product_id,
        product_category,
        count(*) as ideas_count,
        min(occurred_date) as first_idea_date,
        max(occurred_date) as last_idea_date
    from ideas
    group by product_id, product_category
),

-- A customer with many ideas is worth no more for it.
people as (
    select distinct
        product_id,
        person_key
    from ideas
),

valued as (
    select
        people.product_id,
        count(*) as people_count,
        {{ money('sum(customer_values.revenue)') }} as customers_revenue,
        {{ money('sum(customer_values.margin)') }} as customers_margin
    from people
    left join customer_values on people.person_key = customer_values.customer_id
    group by people.product_id
),

ranked_topics as (
    select
        product_id,
        main_topic,
        row_number() over (partition by product_id order by count(*) desc, main_topic asc) as topic_rank
    from ideas
    group by product_id, main_topic
),

topics as (
    select * from ranked_topics
    where topic_rank = 1
),

measured as (
    select
        ideas.*,
        case when ideas.main_topic = topics.main_topic then 0 else 1 end as is_of_other_topic,
        {{ distance_from_typical('ideas.text_length', 'ideas.polarity', 'ideas.product_id') }} as distance
    from ideas
    inner join topics on ideas.product_id = topics.product_id
),

-- Everybody is quoted once.
own_quotes as (
    select
        *,
        row_number() over (
            partition by product_id, person_key order by is_of_other_topic, distance, text_key, feedback_id
        ) as own_rank
    from measured
    where quotable_text is not null
),

quotes as (
    select
        product_id,
        quotable_text,
        row_number() over (
            partition by product_id order by is_of_other_topic, distance, text_key, feedback_id
        ) as quote_rank
    from own_quotes
    where own_rank = 1
),

quoted as (
    select
        product_id,
        max(case when quote_rank = 1 then quotable_text end) as quote_1,
        max(case when quote_rank = 2 then quotable_text end) as quote_2,
        max(case when quote_rank = 3 then quotable_text end) as quote_3
    from quotes
    group by product_id
)

select
    counted.product_id,
    coalesce(products.product_name, 'unknown') as product_name,
    counted.product_category,
    counted.ideas_count,
    valued.people_count,
    valued.customers_revenue,
    valued.customers_margin,
    '{{ var("reporting_currency") }}' as currency,
    topics.main_topic,
    quoted.quote_1,
    quoted.quote_2,
    quoted.quote_3,
    counted.first_idea_date,
    counted.last_idea_date
from counted
inner join valued on counted.product_id = valued.product_id
inner join topics on counted.product_id = topics.product_id
left join quoted on counted.product_id = quoted.product_id
left join products on counted.product_id = products.product_id
