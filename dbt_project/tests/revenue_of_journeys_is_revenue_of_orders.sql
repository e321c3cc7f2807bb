{{ config(meta={'dagster': {'ref': {'name': 'journeys'}}}) }}
-- Every order with a date is one purchase journey with its revenue; no other journey has any.
select
    coalesce(orders.order_id, journeys.order_id) as order_id,
    orders.revenue as order_revenue,
    sum(journeys.revenue) as journey_revenue,
    count(journeys.journey_id) as journeys_count
from {{ ref('orders') }} as orders
full outer join (
    select * from {{ ref('journeys') }}
    where revenue is not null
) as journeys
    on orders.order_id = journeys.order_id
where orders.order_id is null or orders.ordered_at is not null
group by 1, 2
having count(journeys.journey_id) <> 1 or coalesce(sum(journeys.revenue) <> orders.revenue, true)
