{{ config(meta={'dagster': {'ref': {'name': 'journeys'}}}) }}
-- A journey has the steps it counts, numbered without a gap, and begins and ends once on its paths.
with

steps as (
    select
        journey_id,
        count(*) as steps_count,
        max(position) as last_position,
        max(case when is_listening then 0 else 1 end) as has_path
    from {{ ref('journey_steps') }}
    group by journey_id
),

ends as (
    select
        journey_id,
        count(case when source = 'start' then 1 end) as starts_count,
        count(case when target like 'end_%' then 1 end) as ends_count
    from {{ ref('int_journey_transitions_derived') }}
    group by journey_id
)

select
    coalesce(journeys.journey_id, steps.journey_id) as journey_id,
    journeys.steps_count,
    steps.last_position,
    ends.starts_count,
    ends.ends_count
from {{ ref('journeys') }} as journeys
full outer join steps on journeys.journey_id = steps.journey_id
left join ends on steps.journey_id = ends.journey_id
where
    journeys.journey_id is null
    or coalesce(steps.steps_count, 0) <> journeys.steps_count
    or steps.last_position <> steps.steps_count
    or coalesce(ends.starts_count, 0) <> steps.has_path
    or coalesce(ends.ends_count, 0) <> steps.has_path
