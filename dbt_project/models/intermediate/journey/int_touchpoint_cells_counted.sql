{%- set cells = each_and_all(['touchpoint_type'], ['channel', 'ending', 'month_start']) -%}
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

contacts as (
    select
        touchpoints.*,
        journeys.contacts_count as journey_contacts_count,
        not journeys.is_successful and journeys.last_touchpoint_id = touchpoints.touchpoint_id as is_drop_off
    from touchpoints
    left join journeys on touchpoints.journey_id = journeys.journey_id
),

contact_cells as (
    select
        touchpoint_type,
        coalesce(channel, 'all') as channel,
        coalesce(ending, 'all') as outcome,
        month_start,
        count(*) as contacts_count,
        count(case when is_bad then 1 end) as bad_contacts_count,
        count(journey_id) as steps_count,
        count(case when is_drop_off then 1 end) as drop_offs_count,
        cast(sum(journey_contacts_count) as bigint) as journey_contacts_sum,
        sum(polarity) as polarity_sum,
        count(polarity) as polarity_count,
        sum(case when actual_days is not null then promised_days end) as promised_days_sum,
        sum(case when promised_days is not null then actual_days end) as actual_days_sum,
        count(promised_days + actual_days) as promises_count
    from contacts
    group by {{ cells }}
),

-- People do not add up: one row per person and finest cell first, which is fewer rows for the others.
person_cells as (
    select
        touchpoint_type,
        channel,
        ending,
        month_start,
        person_number,
        max(case when is_bad then 1 else 0 end) as has_bad_contact,
        max(case when polarity is not null then 1 else 0 end) as is_speaker
    from touchpoints
    group by touchpoint_type, channel, ending, month_start, person_number
),

people_of_cells as (
    select
        touchpoint_type,
        coalesce(channel, 'all') as channel,
        coalesce(ending, 'all') as outcome,
        month_start,
        person_number,
        max(has_bad_contact) as has_bad_contact,
        max(is_speaker) as is_speaker
    from person_cells
    group by {{ each_and_all(['touchpoint_type', 'person_number'], ['channel', 'ending', 'month_start']) }}
),

people as (
    select
        touchpoint_type,
        channel,
        outcome,
        month_start,
        count(*) as people_count,
        count(case when has_bad_contact = 1 then 1 end) as people_with_bad_contact_count,
        count(case when is_speaker = 1 then 1 end) as speakers_count
    from people_of_cells
    group by touchpoint_type, channel, outcome, month_start
),

scored as (
    select
        touchpoints.touchpoint_type,
        touchpoints.channel,
        touchpoints.ending,
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
        coalesce(ending, 'all') as outcome,
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
    people.people_count,
    people.people_with_bad_contact_count,
    people.speakers_count,
    score_cells.answering_count,
    coalesce(score_cells.scores_count, 0) as scores_count,
    score_cells.score,
    score_cells.scale_min,
    score_cells.scale_max,
    score_cells.score_sum,
    score_cells.score_square_sum,
    score_cells.effort_score
from contact_cells
inner join people
    on contact_cells.touchpoint_type = people.touchpoint_type
    and contact_cells.channel = people.channel
    and contact_cells.outcome = people.outcome
    and coalesce(contact_cells.month_start, {{ beginning_of_history() }})
    = coalesce(people.month_start, {{ beginning_of_history() }})
left join score_cells
    on contact_cells.touchpoint_type = score_cells.touchpoint_type
    and contact_cells.channel = score_cells.channel
    and contact_cells.outcome = score_cells.outcome
    and coalesce(contact_cells.month_start, {{ beginning_of_history() }})
    = coalesce(score_cells.month_start, {{ beginning_of_history() }})
