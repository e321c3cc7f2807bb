{{ config(meta={'dagster': {'ref': {'name': 'service_promises'}}}) }}
-- The business clock counts hours, and only of what a department does.
select promise_id
from {{ ref('service_promises') }}
where
    (clock = 'business' and (promised_unit <> 'hours' or promise_type = 'delivery'))
    or (promise_type = 'delivery' and department <> '*')
    or promised_amount <= 0
