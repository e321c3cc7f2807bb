{{ config(meta={'dagster': {'ref': {'name': 'touchpoints'}}}) }}
-- What somebody said is attached to exactly one touchpoint that exists, and counted there.
with

voices as (
    select
        touchpoint_id,
        count(score_normalised) as scores_count
    from {{ ref('int_voices_attached') }}
    group by touchpoint_id
)

select
    coalesce(voices.touchpoint_id, touchpoints.touchpoint_id) as touchpoint_id,
    voices.scores_count as given_count,
    touchpoints.scores_count as counted_count
from voices
full outer join {{ ref('touchpoints') }} as touchpoints on voices.touchpoint_id = touchpoints.touchpoint_id
where
    touchpoints.touchpoint_id is null
    or coalesce(voices.scores_count, 0) <> touchpoints.scores_count
