with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled
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

first_orders as (
    select
        customer_records.customer_id,
        min(orders.ordered_at) as first_ordered_at
    from orders
    inner join customer_records on orders.identity_record_key = customer_records.identity_record_key
    group by customer_records.customer_id
)

-- An order of nobody known counts as a person of its own.
select
    orders.order_id as record_key,
    orders.ordered_date as observed_date,
    coalesce(customer_records.customer_id, orders.order_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    orders.channel,
    orders.store_id as store,
    stores.partner,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    coalesce(orders.account_id, customers.account_id) as account,

    orders.revenue,
    case when orders.ordered_at > first_orders.first_ordered_at then 1 else 0 end as is_repeat_order
from orders
left join customer_records on orders.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on orders.store_id = stores.store_id
left join first_orders on customer_records.customer_id = first_orders.customer_id
