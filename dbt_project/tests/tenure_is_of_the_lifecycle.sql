{{ config(meta={'dagster': {'ref': {'name': 'customer_tenure'}}}) }}
-- A tenure is over for exactly those who are lost today, no tenure is negative, and none ends before its last activity.
select tenures.customer_id
from {{ ref('customer_tenure') }} as tenures
left join {{ ref('customer_lifecycle') }} as lifecycle
    on tenures.customer_id = lifecycle.customer_id
    and lifecycle.is_current
where
    lifecycle.customer_id is null
    or tenures.is_tenure_censored <> (lifecycle.stage <> 'lost')
    or tenures.tenure_days < tenures.days_to_first_loss
    or tenures.days_to_first_loss < 0
    or tenures.first_activity_date > tenures.last_activity_date
    or tenures.last_activity_date > tenures.lost_date
