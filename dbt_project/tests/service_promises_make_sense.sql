{{ config(meta={'dagster': {'ref': {'name': 'service_promises'}}}) }}
-- The business clock counts hours of what a department does, deliveries count days, and only first
-- responses and deliveries are promised by the case or order itself (no amount).
select promise_id
from {{ ref('service_promises') }}
where
    (clock = 'business' and (promised_unit <> 'hours' or promise_type = 'delivery'))
    or (promise_type = 'delivery' and (department <> '*' or promised_unit <> 'days'))
    or promised_amount <= 0
    or (promised_amount is null and (promise_type = 'resolution' or clock = 'business'))
