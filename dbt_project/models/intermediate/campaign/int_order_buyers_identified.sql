with

orders as (
    select * from {{ ref('int_orders_completed') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

buying_sessions as (
    select
        order_id,
        {{ first_by('identity_record_key', place_in_time('started_at', 'session_id')) }} as identity_record_key,
        {{ first_by('visitor_key', place_in_time('started_at', 'session_id')) }} as visitor_key
    from {{ ref('int_sessions_derived') }}
    where order_id is not null
    group by order_id
)

-- Somebody whom the order does not name may be known by the visit in which it was bought.
select
    orders.order_id,
    coalesce(
        customer_records.customer_id, 'visitor|' || buying_sessions.visitor_key, 'order|' || orders.order_id
    ) as person_key,
    orders.campaign_id,
    orders.is_cancelled,
    coalesce(orders.revenue, {{ money('0') }}) as revenue,
    orders.ordered_at
from orders
left join buying_sessions on orders.order_id = buying_sessions.order_id
left join customer_records
    on coalesce(orders.identity_record_key, buying_sessions.identity_record_key) = customer_records.identity_record_key
