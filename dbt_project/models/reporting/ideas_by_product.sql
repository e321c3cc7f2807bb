{#- Products add up to their category and categories to all: counts are rounded, so that no difference gives a
    few people away. -#}
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

per_person as (
    select
        product_category,
        product_id,
        person_key,
        count(*) as ideas_count
    from ideas
    group by product_category, product_id, person_key
),

levels as (
    select
        product_category,
        product_id,
        person_key,
        ideas_count
    from per_person
    union all
    select
        product_category,
        'all' as product_id,
        person_key,
        sum(ideas_count) as ideas_count
    from per_person
    group by product_category, person_key
    union all
    select
        'all' as product_category,
        'all' as product_id,
        person_key,
        sum(ideas_count) as ideas_count
    from per_person
    group by person_key
),

cells as (
    select
        levels.product_category,
        levels.product_id,
        cast(sum(levels.ideas_count) as bigint) as ideas_count,
        count(*) as people_count,
        count(customer_values.customer_id) as customers_count,
        coalesce(sum(customer_values.revenue), 0) as customers_revenue
    from levels
    left join customer_values on levels.person_key = customer_values.customer_id
    group by levels.product_category, levels.product_id
),

judged as (
    select
        *,
        people_count < {{ var('small_cell_minimum') }} as is_suppressed,
        customers_count < {{ var('small_cell_minimum') }} as has_few_customers,
        power(10, floor(ln(greatest(cast(customers_revenue as double), 1)) / ln(10)) - 1) as last_digit
    from cells
)

select
    judged.product_category,
    judged.product_id,
    case
        when judged.product_id = 'all' then 'all'
        else coalesce(products.product_name, 'unknown')
    end as product_name,
    case when not judged.is_suppressed then {{ rounded_count('judged.ideas_count', 2) }} end as ideas_count,
    case when not judged.is_suppressed then {{ rounded_count('judged.people_count', 2) }} end as people_count,
    case
        when not judged.is_suppressed and not judged.has_few_customers
            then {{ money('round(judged.customers_revenue / judged.last_digit) * judged.last_digit') }}
    end as customers_revenue,
    '{{ var("reporting_currency") }}' as currency,
    judged.is_suppressed
from judged
left join products on judged.product_id = products.product_id
