with

as_of as (
    select {{ as_of_date() }} as as_of_date
),

-- What never came is late from its promised day on, or only those would count that came after all.
orders as (
    select
        completed.*,
        coalesce(completed.delivered_date, completed.promised_date) as observed_date
    from {{ ref('int_orders_completed') }} as completed
    cross join as_of
    where
        not completed.is_cancelled
        and (completed.delivered_date is not null or completed.promised_date < as_of.as_of_date)
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
    orders.order_id as record_key,
    orders.observed_date,
    coalesce(customer_records.customer_id, orders.order_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    orders.channel,
    orders.store_id as store,
    stores.partner,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    coalesce(orders.account_id, customers.account_id) as account,

    case
        when orders.delivered_date <= orders.promised_date then 1
        when orders.promised_date is not null then 0
    end as is_on_time,
    {{ dbt.datediff('orders.ordered_date', 'orders.delivered_date', 'day') }} as delivery_days
from orders
left join customer_records on orders.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
left join stores on orders.store_id = stores.store_id
