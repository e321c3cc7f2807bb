{{ config(meta={'dagster': {'ref': {'name': 'customer_values'}}}) }}
-- What customers brought is what was booked for known customers, by one basis for all of them.
with

customer_values as (
    select
        sum(past_purchase_value) as past_purchase_value,
        max(value_basis) as value_basis
    from {{ ref('customer_values') }}
),

orders as (
    select
        sum(orders.revenue) as revenue,
        sum(orders.margin) as margin,
        min(case when orders.costed_revenue <> orders.revenue then 0 else 1 end) as has_all_margins
    from {{ ref('int_orders_completed') }} as orders
    inner join {{ ref('stg_ml__customer_records') }} as customer_records
        on orders.identity_record_key = customer_records.identity_record_key
    inner join {{ ref('stg_ml__customer_values') }} as valued
        on customer_records.customer_id = valued.customer_id
    where not orders.is_cancelled and orders.ordered_date <= {{ as_of_date() }}
)

select
    customer_values.past_purchase_value,
    orders.revenue,
    orders.margin
from customer_values
cross join orders
where
    (customer_values.value_basis = 'revenue' and customer_values.past_purchase_value <> orders.revenue)
    or (
        customer_values.value_basis = 'margin' and orders.has_all_margins = 1
        and customer_values.past_purchase_value <> orders.margin
    )
