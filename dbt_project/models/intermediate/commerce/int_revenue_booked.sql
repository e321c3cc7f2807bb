with

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

booked_lines as (
    select
        order_lines.order_line_id as booking_id,
        order_lines.order_id,
        orders.identity_record_key,
        order_lines.product_id,
        orders.channel,
        order_lines.is_return,
        order_lines.quantity,
        order_lines.booked_date,
        order_lines.revenue,
        order_lines.margin
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    where not order_lines.is_cancelled
),

-- A source that gives no lines books the amount that the order states.
booked_orders as (
    select
        order_id as booking_id,
        order_id,
        identity_record_key,
        cast(null as string) as product_id,
        channel,
        false as is_return,
        null as quantity,
        ordered_date as booked_date,
        revenue,
        margin
    from orders
    where lines_count = 0 and not is_cancelled
)

select * from booked_lines
union all
select * from booked_orders
