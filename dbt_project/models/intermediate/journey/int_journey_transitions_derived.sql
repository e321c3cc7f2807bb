with

steps as (
    select * from {{ ref('journey_steps') }}
    where not is_listening
),

journeys as (
    select
        journey_id,
        journey_type,
        segment,
        outcome,
        is_successful,
        coalesce(nullif(customer_id, 'unknown'), visitor_key, journey_id) as person_key
    from {{ ref('journeys') }}
),

with_previous as (
    select
        journey_id,
        touchpoint_type,
        occurred_at,
        position,
        lag(touchpoint_type) over (partition by journey_id order by position) as previous_type
    from steps
),

-- The same touchpoint again and again is one node.
nodes as (
    select
        journey_id,
        touchpoint_type,
        occurred_at,
        row_number() over (partition by journey_id order by position) as node_number,
        lead(touchpoint_type) over (partition by journey_id order by position) as next_type,
        lead(occurred_at) over (partition by journey_id order by position) as next_at
    from with_previous
    where previous_type is null or previous_type <> touchpoint_type
),

transitions as (
    select
        journey_id,
        1 as position,
        'start' as source,
        touchpoint_type as target,
        cast(null as bigint) as seconds
    from nodes
    where node_number = 1
    union all
    select
        journey_id,
        cast(node_number + 1 as integer) as position,
        touchpoint_type as source,
        next_type as target,
        {{ dbt.datediff('occurred_at', 'next_at', 'second') }} as seconds
    from nodes
)

select
    transitions.journey_id,
    journeys.person_key,
    journeys.journey_type,
    journeys.segment,
    transitions.position,
    transitions.source,
    coalesce(transitions.target, 'end_' || journeys.outcome) as target,
    transitions.target is null and coalesce(not journeys.is_successful, false) as is_drop_off,
    journeys.is_successful,
    transitions.seconds
from transitions
inner join journeys on transitions.journey_id = journeys.journey_id
