{%- set parts = ['channel', 'outcome', 'month_start'] -%}
{%- set cells = each_and_all(['touchpoint_type'], parts) -%}
with

touchpoints as (
    select
        touchpoint_id,
        journey_id,
        touchpoint_type,
        channel,
        coalesce(outcome, 'none') as ending,
        {{ month_of('occurred_date') }} as month_start,
        {{ key_number("coalesce(nullif(customer_id, 'unknown'), visitor_key, touchpoint_id)") }} as person_number,
        is_bad,
        polarity,
        promised_days,
        actual_days
    from {{ ref('touchpoints') }}
    where not is_listening and occurred_date is not null
),

voices as (
    select * from {{ ref('int_voices_attached') }}
    where score_normalised is not null or effort_score is not null
),

journeys as (
    select
        journey_id,
        last_touchpoint_id,
        is_successful,
        contacts_count
    from {{ ref('journeys') }}
    where journey_type <> 'onboarding'
),

-- One row per person and cell first: everything below reads far fewer rows.
person_cells as (
    select
        touchpoints.touchpoint_type,
        touchpoints.channel,
        touchpoints.ending as outcome,
        touchpoints.month_start,
        touchpoints.person_number,
        count(*) as contacts_count,
        count(case when touchpoints.is_bad then 1 end) as bad_contacts_count,
        count(touchpoints.journey_id) as steps_count,
        count(
            case when not journeys.is_successful and journeys.last_touchpoint_id = touchpoints.touchpoint_id then 1 end
        ) as drop_offs_count,
        sum(journeys.contacts_count) as journey_contacts_sum,
        sum(touchpoints.polarity) as polarity_sum,
        count(touchpoints.polarity) as polarity_count,
        sum(case when touchpoints.actual_days is not null then touchpoints.promised_days end) as promised_days_sum,
        sum(case when touchpoints.promised_days is not null then touchpoints.actual_days end) as actual_days_sum,
        count(touchpoints.promised_days + touchpoints.actual_days) as promises_count
    from touchpoints
    left join journeys on touchpoints.journey_id = journeys.journey_id
    group by 1, 2, 3, 4, 5
),

-- People again, now per cell, so that each counts once in it.
people_of_cells as (
    select
        touchpoint_type,
        coalesce(channel, 'all') as channel,
        coalesce(outcome, 'all') as outcome,
        month_start,
        person_number,
        sum(contacts_count) as contacts_count,
        sum(bad_contacts_count) as bad_contacts_count,
        sum(steps_count) as steps_count,
        sum(drop_offs_count) as drop_offs_count,
        sum(journey_contacts_sum) as journey_contacts_sum,
        sum(polarity_sum) as polarity_sum,
        sum(polarity_count) as polarity_count,
        sum(promised_days_sum) as promised_days_sum,
        sum(actual_days_sum) as actual_days_sum,
        sum(promises_count) as promises_count
    from person_cells
    group by {{ each_and_all(['touchpoint_type', 'person_number'], parts) }}
),

contact_cells as (
    select
        touchpoint_type,
        channel,
        outcome,
        month_start,
        count(*) as people_count,
        cast(sum(contacts_count) as bigint) as contacts_count,
        cast(sum(bad_contacts_count) as bigint) as bad_contacts_count,
        count(case when bad_contacts_count > 0 then 1 end) as people_with_bad_contact_count,
        cast(sum(steps_count) as bigint) as steps_count,
        cast(sum(drop_offs_count) as bigint) as drop_offs_count,
        cast(sum(journey_contacts_sum) as bigint) as journey_contacts_sum,
        sum(polarity_sum) as polarity_sum,
        count(case when polarity_count > 0 then 1 end) as speakers_count,
        cast(sum(polarity_count) as bigint) as polarity_count,
        sum(promised_days_sum) as promised_days_sum,
        sum(actual_days_sum) as actual_days_sum,
        cast(sum(promises_count) as bigint) as promises_count
    from people_of_cells
    group by touchpoint_type, channel, outcome, month_start
),

scored as (
    select
        touchpoints.touchpoint_type,
        touchpoints.channel,
        touchpoints.ending as outcome,
        touchpoints.month_start,
        touchpoints.person_number,
        voices.score,
        voices.scale_min,
        voices.scale_max,
        voices.score_normalised,
        voices.effort_score
    from voices
    inner join touchpoints on voices.touchpoint_id = touchpoints.touchpoint_id
),

score_cells as (
    select
        touchpoint_type,
        coalesce(channel, 'all') as channel,
        coalesce(outcome, 'all') as outcome,
        month_start,
        count(distinct person_number) as answering_count,
        count(score_normalised) as scores_count,
        case
            when
                min(scale_min) = max(scale_min) and min(scale_max) = max(scale_max)
                and count(score) = count(score_normalised)
                then avg(score)
        end as score,
        min(scale_min) as scale_min,
        max(scale_max) as scale_max,
        sum(score_normalised) as score_sum,
        sum(score_normalised * score_normalised) as score_square_sum,
        avg(effort_score) as effort_score
    from scored
    group by {{ cells }}
)

select
    contact_cells.*,
    score_cells.answering_count,
    coalesce(score_cells.scores_count, 0) as scores_count,
    score_cells.score,
    score_cells.scale_min,
    score_cells.scale_max,
    score_cells.score_sum,
    score_cells.score_square_sum,
    score_cells.effort_score
from contact_cells
left join score_cells
    on contact_cells.touchpoint_type = score_cells.touchpoint_type
    and contact_cells.channel = score_cells.channel
    and contact_cells.outcome = score_cells.outcome
    and coalesce(contact_cells.month_start, {{ beginning_of_history() }})
    = coalesce(score_cells.month_start, {{ beginning_of_history() }})
