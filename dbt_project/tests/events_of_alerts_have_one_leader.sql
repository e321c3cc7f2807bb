{{ config(meta={'dagster': {'ref': {'name': 'alerts'}}}) }}
-- An event has the id of its one leading alert.
select
    event_id,
    count(*) as alerts_count
from {{ ref('alerts') }}
group by event_id
having
    sum(case when is_leading then 1 else 0 end) <> 1
    or max(case when is_leading then alert_id end) <> event_id
