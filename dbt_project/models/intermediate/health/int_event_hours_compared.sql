{%- set enough_events = 200 -%}
with

event_hours as (
    select * from {{ ref('stg_ingestion__event_hours') }}
),

loads as (
    select * from {{ ref('stg_ingestion__loads') }}
    where is_admitted and replays_load_id is null
),

load_totals as (
    select
        loads.load_id,
        loads.source_system,
        loads.label,
        loads.load_sequence,
        sum(event_hours.events_count) as events_count
    from loads
    inner join event_hours on loads.load_id = event_hours.load_id
    group by loads.load_id, loads.source_system, loads.label, loads.load_sequence
),

-- The newest loads are those that together have enough events to be judged.
split as (
    select
        load_id,
        source_system,
        label,
        coalesce(sum(events_count) over (
            partition by source_system, label order by load_sequence desc
            rows between unbounded preceding and 1 preceding
        ), 0) < {{ enough_events }} as is_newest
    from load_totals
),

hours as (
    select cast(series.generated_number as integer) - 1 as hour_of_day
    from ({{ dbt.generate_series(24) }}) as series
),

feeds as (
    select distinct
        source_system,
        label
    from split
),

profiles as (
    select
        feeds.source_system,
        feeds.label,
        hours.hour_of_day,
        coalesce(sum(case when split.is_newest then event_hours.events_count end), 0) as newest_count,
        coalesce(sum(case when not split.is_newest then event_hours.events_count end), 0) as earlier_count
    from feeds
    cross join hours
    left join split on feeds.source_system = split.source_system and feeds.label = split.label
    left join event_hours on split.load_id = event_hours.load_id and hours.hour_of_day = event_hours.hour_of_day
    group by feeds.source_system, feeds.label, hours.hour_of_day
),

likely as (
    select
        *,
        sum(newest_count) over (partition by source_system, label) as newest_total,
        sum(earlier_count) over (partition by source_system, label) as earlier_total,
        ln(
            (earlier_count + 0.5) / (sum(earlier_count) over (partition by source_system, label) + 12)
        ) as log_share
    from profiles
),

-- How likely the newest events are, were every hour of the earlier ones moved by that many hours.
paired as (
    select
        newest.source_system,
        newest.label,
        mod(newest.hour_of_day - earlier.hour_of_day + 24, 24) as moved_hours,
        newest.newest_total,
        newest.earlier_total,
        newest.newest_count * earlier.log_share as log_likelihood
    from likely as newest
    inner join likely as earlier
        on newest.source_system = earlier.source_system
        and newest.label = earlier.label
),

moved as (
    select
        source_system,
        label,
        moved_hours,
        min(newest_total) as newest_events_count,
        min(earlier_total) as earlier_events_count,
        sum(log_likelihood) as log_likelihood
    from paired
    group by source_system, label, moved_hours
),

ranked as (
    select
        *,
        max(case when moved_hours = 0 then log_likelihood end) over (
            partition by source_system, label
        ) as unmoved_log_likelihood,
        row_number() over (
            partition by source_system, label order by log_likelihood desc, moved_hours asc
        ) as likelihood_rank
    from moved
    where newest_events_count >= {{ enough_events }} and earlier_events_count >= {{ enough_events }}
)

select
    source_system,
    label,
    case when moved_hours > 12 then moved_hours - 24 else moved_hours end as moved_hours,
    newest_events_count,
    earlier_events_count,
    (log_likelihood - unmoved_log_likelihood) / newest_events_count as gain_per_event
from ranked
where likelihood_rank = 1
