with

orders as (
    select * from {{ ref('stg_pos__orders') }}
),

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

line_totals as (
    select
        order_id,
        count(*) as lines_count,
        {{ money('sum(case when is_return then 0 else quantity end)') }} as units_count,
        {{ money('sum(net_amount)') }} as net_amount,
        {{ money('sum(discount_amount)') }} as discount_amount,
        {{ money('sum(revenue)') }} as revenue,
        {{ money('sum(margin)') }} as margin,
        {{ money('sum(case when margin is not null then revenue else 0 end)') }} as costed_revenue,
        {{ money('-sum(case when is_return then net_amount else 0 end)') }} as returned_amount,
        sum(case when is_return then 1 else 0 end) as return_lines_count,
        min(booked_at) as booked_at,
        min(booked_date) as booked_date,
        min(source_system) as source_system
    from order_lines
    group by order_id
),

converted_orders as (
    select
        orders.*,
        {{ to_reporting_currency('orders.net_amount', 'rates.rate_to_reporting') }} as stated_net_amount,
        {{ to_reporting_currency('orders.discount_amount', 'rates.rate_to_reporting') }} as stated_discount_amount,
        {{ to_reporting_currency('orders.shipping_amount', 'rates.rate_to_reporting') }} as stated_shipping_amount
    from orders
    left join rates on orders.currency = rates.currency
),

-- Lines whose order never arrived still are revenue: they make an order of their own.
completed as (
    select
        coalesce(converted_orders.order_id, line_totals.order_id) as order_id,
        converted_orders.identity_record_key,
        converted_orders.account_id,
        converted_orders.store_id,
        converted_orders.campaign_id,
        coalesce(converted_orders.source_system, line_totals.source_system) as source_system,
        coalesce(converted_orders.channel, 'unknown') as channel,
        coalesce(converted_orders.status, 'unknown') as status,
        converted_orders.payment_method,
        converted_orders.coupon_code,
        converted_orders.order_id is not null as has_order_record,
        coalesce(line_totals.lines_count, 0) as lines_count,
        coalesce(line_totals.units_count, {{ money('0') }}) as units_count,
        coalesce(line_totals.net_amount, converted_orders.stated_net_amount, {{ money('0') }}) as net_amount,
        coalesce(line_totals.discount_amount, converted_orders.stated_discount_amount) as discount_amount,
        converted_orders.stated_shipping_amount as shipping_amount,
        line_totals.revenue as lines_revenue,
        line_totals.margin,
        coalesce(line_totals.costed_revenue, {{ money('0') }}) as costed_revenue,
        coalesce(line_totals.returned_amount, {{ money('0') }}) as returned_amount,
        coalesce(line_totals.return_lines_count, 0) > 0 as has_return,
        coalesce(converted_orders.ordered_at, line_totals.booked_at) as ordered_at,
        converted_orders.promised_at,
        converted_orders.shipped_at,
        converted_orders.delivered_at,
        coalesce(converted_orders.ordered_date, line_totals.booked_date) as ordered_date,
        converted_orders.promised_date,
        converted_orders.delivered_date
    from converted_orders
    full outer join line_totals on converted_orders.order_id = line_totals.order_id
)

select
    *,
    status = 'cancelled' as is_cancelled,
    delivered_at > promised_at as is_delivered_late,
    case when status = 'cancelled' then {{ money('0') }} else coalesce(lines_revenue, net_amount) end as revenue
from completed
