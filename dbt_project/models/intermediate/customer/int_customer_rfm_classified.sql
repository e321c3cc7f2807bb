with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

order_totals as (
    select
        customer_records.customer_id,
        max(orders.ordered_date) as last_order_date,
        count(*) as orders_count,
        {{ money('sum(orders.revenue)') }} as revenue
    from orders
    inner join customer_records on orders.identity_record_key = customer_records.identity_record_key
    inner join calendar on orders.ordered_date <= calendar.as_of_date
    group by customer_records.customer_id
),

ranked as (
    select
        *,
        rank() over (order by last_order_date) as recency_rank,
        rank() over (order by orders_count) as frequency_rank,
        rank() over (order by revenue) as monetary_rank,
        count(*) over () as customers_count
    from order_totals
),

classified as (
    select
        customer_id,
        last_order_date,
        orders_count,
        revenue,
        {{ third('recency_rank', 'customers_count') }} as recency_class,
        {{ third('frequency_rank', 'customers_count') }} as frequency_class,
        {{ third('monetary_rank', 'customers_count') }} as monetary_class
    from ranked
)

select
    classified.customer_id,
    classified.last_order_date,
    {{ dbt.datediff('classified.last_order_date', 'calendar.as_of_date', 'day') }} as recency_days,
    classified.orders_count,
    classified.revenue,
    classified.recency_class,
    classified.frequency_class,
    classified.monetary_class,
    'R' || cast(classified.recency_class as string)
    || 'F' || cast(classified.frequency_class as string)
    || 'M' || cast(classified.monetary_class as string) as rfm_cell
from classified
cross join calendar
