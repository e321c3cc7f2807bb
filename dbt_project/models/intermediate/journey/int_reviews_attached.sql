with

posts as (
    select * from {{ ref('int_social_posts_identified') }}
    where product_id is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
    where not is_return
),

known_posts as (
    select
        posts.post_id,
        posts.post_type,
        posts.product_id,
        posts.posted_at,
        customer_records.customer_id
    from posts
    inner join customer_records on posts.identity_record_key = customer_records.identity_record_key
),

-- By product first, which leaves few lines for the join with the orders.
purchases as (
    select distinct
        order_lines.order_id,
        order_lines.product_id
    from order_lines
    inner join (select distinct product_id from known_posts) as products
        on order_lines.product_id = products.product_id
),

ranked as (
    select
        known_posts.post_id,
        known_posts.post_type,
        orders.order_id,
        row_number() over (
            partition by known_posts.post_id order by orders.ordered_at desc, orders.order_id asc
        ) as recency
    from known_posts
    inner join customer_records on known_posts.customer_id = customer_records.customer_id
    inner join orders
        on customer_records.identity_record_key = orders.identity_record_key
        and orders.ordered_at <= known_posts.posted_at
        and orders.ordered_at >= {{ dbt.dateadd('day', -var('review_window_days'), 'known_posts.posted_at') }}
    inner join purchases
        on orders.order_id = purchases.order_id
        and known_posts.product_id = purchases.product_id
)

select
    {{ touchpoint_id('social.posts', 'post_type', 'post_id') }} as touchpoint_id,
    order_id
from ranked
where recency = 1
