with

events as (
    select * from {{ ref('stg_digital__events') }}
),

orders as (
    select
        order_id,
        identity_record_key
    from {{ ref('stg_pos__orders') }}
),

-- A visitor is known by what one source calls it; a device by its number, whoever reports it.
keyed as (
    select
        events.*,
        case
            when events.visitor_id is not null
                then {{ dbt.hash("'visitor|' || events.source_system || '|' || events.visitor_id") }}
        end as visitor_key,
        case
            when events.device_id is not null
                then {{ dbt.hash("'device|' || events.device_id") }}
        end as device_key
    from events
),

-- Keys only: the windows then sort little, and nothing where the source has sessions of its own.
visits as (
    select
        event_id,
        visitor_key,
        channel,
        occurred_at,
        lag(occurred_at) over (partition by visitor_key, channel order by occurred_at, event_id) as previous_at
    from keyed
    where visitor_key is not null and session_id is null
),

-- A session is known by its first event. Places in time only grow, so their maximum is the latest start.
derived as (
    select
        event_id,
        {{ dbt.hash('max(' ~ "case when previous_at is null or occurred_at > " ~ dbt.dateadd(
            'minute', var('session_timeout_minutes'), 'previous_at'
        ) ~ " then " ~ place_in_time('occurred_at', 'event_id') ~ " end"
        ~ ') over (partition by visitor_key, channel order by occurred_at, event_id rows unbounded preceding)') }}
            as session_id
    from visits
)

select
    keyed.event_id,
    case
        when keyed.session_id is not null
            then {{ dbt.hash(
                "'session|' || keyed.source_system || '|' || coalesce(keyed.visitor_id, '') || '|' || keyed.session_id"
            ) }}
        else coalesce(derived.session_id, keyed.event_id)
    end as session_id,
    keyed.visitor_key,
    keyed.device_key,
    keyed.identity_record_key as login_record_key,
    orders.identity_record_key as buyer_record_key,
    keyed.product_id,
    keyed.order_id,
    keyed.campaign_id,
    keyed.event_type,
    keyed.channel,
    keyed.page,
    keyed.device_type,
    keyed.signal,
    keyed.duration_seconds,
    keyed.occurred_at,
    keyed.occurred_date,
    keyed.source_system
from keyed
left join orders on keyed.order_id = orders.order_id
left join derived on keyed.event_id = derived.event_id
