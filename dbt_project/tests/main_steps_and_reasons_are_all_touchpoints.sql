{{ config(meta={'dagster': {'ref': {'name': 'journey_steps'}}}) }}
-- Every touchpoint is a main step of the one journey it names, or has a reason to be in none.
with

main_steps as (
    select
        touchpoint_id,
        count(*) as steps_count,
        min(journey_id) as journey_id
    from {{ ref('journey_steps') }}
    where not is_overlapping
    group by touchpoint_id
)

select
    coalesce(touchpoints.touchpoint_id, main_steps.touchpoint_id) as touchpoint_id,
    touchpoints.journey_id,
    touchpoints.no_journey_reason,
    main_steps.steps_count
from {{ ref('touchpoints') }} as touchpoints
full outer join main_steps on touchpoints.touchpoint_id = main_steps.touchpoint_id
where
    touchpoints.touchpoint_id is null
    or coalesce(main_steps.steps_count, 0) <> case when touchpoints.journey_id is null then 0 else 1 end
    or coalesce(main_steps.journey_id <> touchpoints.journey_id, false)
    or (touchpoints.journey_id is null) <> (touchpoints.no_journey_reason is not null)
