with

booked_products as (
    select
        order_id,
        product_id,
        booked_date,
        sum(revenue) as revenue,
        sum(margin) as margin,
        sum(case when is_return then 0 else quantity end) as units_sold,
        sum(case when is_return then -quantity else 0 end) as units_returned
    from {{ ref('int_revenue_booked') }}
    group by order_id, product_id, booked_date
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
)

select
    booked_products.order_id || '|' || coalesce(booked_products.product_id, '') as record_key,
    booked_products.booked_date as observed_date,
    coalesce(customer_records.customer_id, booked_products.order_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    orders.channel,
    orders.store_id as store,
    stores.partner,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    coalesce(orders.account_id, customers.account_id) as account,
    booked_products.product_id as product,
    products.category as product_category,

    booked_products.revenue,
    booked_products.margin,
    booked_products.units_sold,
    booked_products.units_returned
from booked_products
inner join orders on booked_products.order_id = orders.order_id
left join products on booked_products.product_id = products.product_id
left join customer_records on orders.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on orders.store_id = stores.store_id
