{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- Nobody has an action that sells while a case is open, a complaint waits in the queue, or is to be called back about.
with

waiting as (
    select customer_id from {{ ref('routing_queue') }}
    where queue_reason in ('open_case', 'complaint', 'cancellation_threat')
    union distinct
    select customer_id from {{ ref('close_the_loop') }}
    where state <> 'done' and loop_reason in ('complaint', 'complaint_case')
)

select actions.action_id
from {{ ref('next_best_actions') }} as actions
inner join waiting on actions.customer_id = waiting.customer_id
where actions.is_selling
