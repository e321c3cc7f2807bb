{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- Nobody with an open case or a complaint in the queue has an action that sells.
select actions.action_id
from {{ ref('next_best_actions') }} as actions
inner join {{ ref('routing_queue') }} as queue on actions.customer_id = queue.customer_id
where actions.is_selling and queue.queue_reason in ('open_case', 'complaint', 'cancellation_threat')
