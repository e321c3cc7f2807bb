with

events as (
    select * from {{ ref('int_events_grouped') }}
),

sessions as (
    select
        session_id,
        identity_record_key
    from {{ ref('int_sessions_derived') }}
)

select
    events.event_id,
    events.session_id,
    events.visitor_key,
    coalesce(events.login_record_key, events.buyer_record_key, sessions.identity_record_key) as identity_record_key,
    coalesce(events.login_record_key, events.buyer_record_key) is null
    and sessions.identity_record_key is not null as is_attributed_visitor,
    events.product_id,
    events.order_id,
    events.campaign_id,
    events.event_type,
    events.channel,
    events.page,
    events.device_type,
    events.signal,
    events.duration_seconds,
    events.occurred_at,
    events.occurred_date,
    events.source_system
from events
inner join sessions on events.session_id = sessions.session_id
