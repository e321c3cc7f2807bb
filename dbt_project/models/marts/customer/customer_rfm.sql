with

rfm_cells as (
    select * from {{ ref('int_customer_rfm_classified') }}
)

select
    customer_id,
    last_order_date,
    recency_days,
    orders_count,
    revenue,
    '{{ var("reporting_currency") }}' as currency,
    recency_class,
    frequency_class,
    monetary_class,
    rfm_cell
from rfm_cells
