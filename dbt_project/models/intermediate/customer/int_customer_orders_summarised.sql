with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    customer_records.customer_id,
    count(*) as orders_count,
    min(orders.ordered_date) as first_order_date,
    max(orders.ordered_date) as last_order_date,
    {{ money('sum(orders.revenue)') }} as revenue,
    {{ money('sum(orders.margin)') }} as margin,
    {{ money('sum(orders.returned_amount)') }} as returned_amount,
    sum(case when orders.has_return then 1 else 0 end) as orders_with_return_count
from orders
inner join customer_records on orders.identity_record_key = customer_records.identity_record_key
group by customer_records.customer_id
