with

-- By numbers of keys, which are counted in half the time.
transitions as (
    select
        *,
        {{ key_number('journey_id') }} as journey_number,
        {{ key_number('person_key') }} as person_number
    from {{ ref('int_journey_transitions_derived') }}
),

-- Position 0 is any place: there a journey counts once, however often it went this way.
placed as (
    select
        journey_type,
        segment,
        position,
        source,
        target,
        person_number,
        is_successful,
        1 as transitions_count,
        case when is_drop_off then 1 else 0 end as drop_offs_count,
        cast(seconds as double) as seconds
    from transitions
    where position <= {{ var('path_positions') }}
    union all
    select
        journey_type,
        segment,
        0 as position,
        source,
        target,
        person_number,
        is_successful,
        count(*) as transitions_count,
        sum(case when is_drop_off then 1 else 0 end) as drop_offs_count,
        avg(seconds) as seconds
    from transitions
    group by journey_number, journey_type, segment, source, target, person_number, is_successful
),

cells as (
    select
        journey_type,
        coalesce(segment, 'all') as segment,
        position,
        source,
        target,
        count(distinct person_number) as people_count,
        count(*) as journeys_count,
        sum(transitions_count) as transitions_count,
        sum(drop_offs_count) as drop_offs_count,
        count(is_successful) as closed_count,
        count(case when is_successful then 1 end) as successful_count,
        percentile_cont(0.5) within group (order by seconds) as median_seconds
    from placed
    group by grouping sets (
        (journey_type, segment, position, source, target),
        (journey_type, position, source, target)
    )
),

judged as (
    select
        *,
        people_count < {{ var('small_cell_minimum') }} as is_suppressed,
        sum(transitions_count) over (partition by journey_type, segment, position, source) as node_transitions_count,
        sum(drop_offs_count) over (partition by journey_type, segment, position, source) as node_drop_offs_count
    from cells
),

nodes as (
    select
        *,
        max(case when is_suppressed and drop_offs_count > 0 then 1 else 0 end) over (
            partition by journey_type, segment, position, source
        ) = 1 as has_hidden_drop_off
    from judged
)

-- What flows into a node flows out of it: from exact counts a hidden cell could be computed back.
select
    journey_type,
    segment,
    nullif(position, 0) as position,
    source,
    target,
    case when not is_suppressed then {{ rounded_count('transitions_count') }} end as transitions_count,
    case when not is_suppressed then {{ rounded_count('journeys_count') }} end as journeys_count,
    case
        when not is_suppressed
            then cast(round(1.0 * successful_count / nullif(closed_count, 0), 2) as double)
    end as conversion,
    case when not is_suppressed then median_seconds end as median_seconds,
    case
        when not has_hidden_drop_off
            then cast(round(1.0 * node_drop_offs_count / node_transitions_count, 2) as double)
    end as drop_off_share,
    is_suppressed
from nodes
