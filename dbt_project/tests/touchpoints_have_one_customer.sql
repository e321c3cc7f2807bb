{{ config(meta={'dagster': {'ref': {'name': 'touchpoints'}}}) }}
-- Every touchpoint belongs to exactly one customer of the marts or to the one unknown customer.
select
    touchpoints.touchpoint_id,
    touchpoints.customer_id,
    count(*) as rows_count
from {{ ref('touchpoints') }} as touchpoints
left join {{ ref('customers') }} as customers on touchpoints.customer_id = customers.customer_id
group by touchpoints.touchpoint_id, touchpoints.customer_id
having count(*) <> 1 or (touchpoints.customer_id <> 'unknown' and count(customers.customer_id) <> 1)
