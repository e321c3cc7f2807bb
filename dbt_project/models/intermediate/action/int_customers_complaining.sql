{#- A case waits until it is closed; what was said without one waits in the queue, then for its call back. -#}
with

queue as (
    select * from {{ ref('routing_queue') }}
),

loops as (
    select * from {{ ref('close_the_loop') }}
),

opened as (
    select * from {{ ref('int_loops_opened') }}
)

select customer_id from queue
where queue_reason in ('open_case', 'complaint', 'cancellation_threat')
union distinct
select loops.customer_id
from loops
inner join opened on loops.loop_id = opened.loop_id
where
    loops.state <> 'done'
    and (loops.loop_reason <> 'detractor' or opened.intent in ('complaint', 'cancellation_threat'))
