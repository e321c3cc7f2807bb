with

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
),

orders as (
    select * from {{ ref('orders') }}
)

select
    order_lines.order_line_id,
    order_lines.order_id,
    orders.customer_id,
    order_lines.product_id,
    orders.store_id,

    order_lines.line_number,
    orders.channel,
    order_lines.promotion,
    order_lines.is_cancelled,
    order_lines.is_return,
    order_lines.return_reason,

    order_lines.quantity,
    order_lines.net_amount,
    order_lines.discount_amount,
    order_lines.cost_amount,
    order_lines.revenue,
    order_lines.margin,
    orders.currency,

    order_lines.booked_at,
    order_lines.booked_date
from order_lines
inner join orders on order_lines.order_id = orders.order_id
