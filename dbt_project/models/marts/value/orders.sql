with

orders as (
    select * from {{ ref('int_orders_completed') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    orders.order_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    orders.account_id,
    orders.store_id,
    orders.campaign_id,

    orders.source_system,
    orders.has_order_record,
    orders.channel,
    orders.status,
    orders.payment_method,
    orders.coupon_code is not null as has_coupon,
    orders.is_cancelled,
    orders.has_return,
    orders.is_delivered_late,
    {{ dbt.datediff('orders.ordered_date', 'orders.delivered_date', 'day') }} as delivery_days,

    orders.lines_count,
    orders.units_count,
    orders.net_amount,
    orders.discount_amount,
    orders.shipping_amount,
    orders.returned_amount,
    orders.revenue,
    orders.margin,
    '{{ var("reporting_currency") }}' as currency,

    orders.ordered_at,
    orders.promised_at,
    orders.shipped_at,
    orders.delivered_at,
    orders.ordered_date,
    orders.promised_date,
    orders.delivered_date
from orders
left join customer_records on orders.identity_record_key = customer_records.identity_record_key
