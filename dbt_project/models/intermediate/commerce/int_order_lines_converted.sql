with

order_lines as (
    select * from {{ ref('stg_pos__order_lines') }}
),

orders as (
    select * from {{ ref('stg_pos__orders') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

converted as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.product_id,
        order_lines.line_number,
        order_lines.quantity,
        order_lines.promotion,
        order_lines.is_return,
        order_lines.return_reason,
        order_lines.source_system,
        coalesce(orders.status = 'cancelled', false) as is_cancelled,
        coalesce(order_lines.booked_at, orders.ordered_at) as booked_at,
        coalesce(order_lines.booked_date, orders.ordered_date) as booked_date,
        {{ to_reporting_currency('order_lines.net_amount', 'rates.rate_to_reporting') }} as net_amount,
        {{ to_reporting_currency('order_lines.discount_amount', 'rates.rate_to_reporting') }} as discount_amount,
        {{ to_reporting_currency('order_lines.cost_amount', 'rates.rate_to_reporting') }} as cost_amount
    from order_lines
    left join orders on order_lines.order_id = orders.order_id
    left join rates on order_lines.currency = rates.currency
)

select
    *,
    case when is_cancelled then {{ money('0') }} else net_amount end as revenue,
    case when is_cancelled then {{ money('0') }} else {{ money('net_amount - cost_amount') }} end as margin
from converted
