{{ config(meta={'dagster': {'ref': {'name': 'sessions'}}}) }}
-- Every digital event is in exactly one session, and the sessions of the marts hold all events.
select
    events.event_id as what,
    count(sessionised.event_id) as events_count
from {{ ref('stg_digital__events') }} as events
left join {{ ref('int_events_sessionised') }} as sessionised on events.event_id = sessionised.event_id
group by events.event_id
having count(sessionised.event_id) <> 1
union all
select
    sessions.session_id as what,
    count(sessionised.event_id) as events_count
from {{ ref('sessions') }} as sessions
full outer join {{ ref('int_events_sessionised') }} as sessionised on sessions.session_id = sessionised.session_id
group by sessions.session_id
having sessions.session_id is null or count(sessionised.event_id) <> max(sessions.events_count)
