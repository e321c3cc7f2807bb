{{ config(meta={'dagster': {'ref': {'name': 'orders'}}}) }}
-- Current raw lines, and the stated amount of raw orders without lines, are what the marts hold:
-- as revenue, or as the amount of cancelled orders. Computed here without the models in between.
with

raw_lines as (
    select
        lines.order_key,
        lines.net_amount,
        {{ currency_code('lines.currency') }} as currency
    from ({{ latest_version(source('raw', 'pos_order_lines')) }}) as lines
),

raw_orders as (
    select
        orders.record_key,
        orders.net_amount,
        {{ currency_code('orders.currency') }} as currency
    from ({{ latest_version(source('raw', 'pos_orders')) }}) as orders
),

raw_amounts as (
    select currency, net_amount from raw_lines
    union all
    select raw_orders.currency, raw_orders.net_amount
    from raw_orders
    where not exists (select 1 from raw_lines where raw_lines.order_key = raw_orders.record_key)
),

raw_total as (
    select coalesce(sum({{ to_reporting_currency('raw_amounts.net_amount', 'rates.rate_to_reporting') }}), 0) as amount
    from raw_amounts
    left join {{ ref('int_currency_rates_completed') }} as rates on raw_amounts.currency = rates.currency
),

marts_total as (
    select
        coalesce(sum(revenue + case when is_cancelled then net_amount else 0 end), 0) as orders_amount,
        coalesce(sum(case when lines_count > 0 then revenue end), 0) as orders_with_lines_revenue
    from {{ ref('orders') }}
),

lines_total as (
    select coalesce(sum(revenue), 0) as lines_revenue
    from {{ ref('order_lines') }}
)

select *
from raw_total
cross join marts_total
cross join lines_total
where
    raw_total.amount <> marts_total.orders_amount
    or marts_total.orders_with_lines_revenue <> lines_total.lines_revenue
