{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- Nobody has more actions than action_maximum, nor an action beside leave_alone, nor a gap in the ranks.
select
    customer_id,
    count(*) as actions_count
from {{ ref('next_best_actions') }}
group by customer_id
having
    count(*) > {{ var('action_maximum') }}
    or max(action_rank) <> count(*)
    or (count(*) > 1 and max(case when action_kind = 'leave_alone' then 1 else 0 end) = 1)
