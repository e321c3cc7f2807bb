with

bookings as (
    select
        order_id,
        booked_date,
        sum(revenue) as revenue,
        sum(margin) as margin
    from {{ ref('int_revenue_booked') }}
    group by order_id, booked_date
),

orders as (
    select * from {{ ref('int_orders_completed') }}
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
    bookings.order_id as record_key,
    bookings.booked_date as observed_date,
    coalesce(customer_records.customer_id, bookings.order_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    orders.channel,
    orders.store_id as store,
    stores.partner,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    coalesce(orders.account_id, customers.account_id) as account,

    bookings.revenue,
    bookings.margin
from bookings
inner join orders on bookings.order_id = orders.order_id
left join customer_records on orders.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on orders.store_id = stores.store_id
