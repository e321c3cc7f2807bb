with

reviews as (
    select * from {{ ref('int_social_posts_identified') }}
    where score_normalised is not null
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

-- A review of nobody known counts as a person of its own.
select
    reviews.post_id as record_key,
    reviews.posted_date as observed_date,
    coalesce(customer_records.customer_id, reviews.post_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    'social' as channel,
    reviews.store_id as store,
    stores.partner,
    reviews.product_id as product,
    products.category as product_category,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    reviews.score_normalised
from reviews
left join products on reviews.product_id = products.product_id
left join stores on reviews.store_id = stores.store_id
left join customer_records on reviews.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
