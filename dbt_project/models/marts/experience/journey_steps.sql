with

touchpoints as (
    select * from {{ ref('touchpoints') }}
    where occurred_at is not null
),

onboardings as (
    select * from {{ ref('int_onboardings_dated') }}
),

main_steps as (
    select
        journey_id,
        touchpoint_id,
        customer_id,
        visitor_key,
        journey_type,
        false as is_overlapping,
        source_entity,
        event_type,
        touchpoint_type,
        stage,
        channel,
        department,
        outcome,
        is_contact,
        is_listening,
        is_bad,
        score_normalised,
        effort_score,
        cost_amount,
        occurred_at,
        occurred_date
    from touchpoints
    where journey_id is not null
),

-- What a new customer goes through belongs to its own journeys; being new is seen across them.
onboarding_steps as (
    select
        onboardings.journey_id,
        touchpoints.touchpoint_id,
        touchpoints.customer_id,
        touchpoints.visitor_key,
        'onboarding' as journey_type,
        true as is_overlapping,
        touchpoints.source_entity,
        touchpoints.event_type,
        touchpoints.touchpoint_type,
        touchpoints.stage,
        touchpoints.channel,
        touchpoints.department,
        touchpoints.outcome,
        touchpoints.is_contact,
        touchpoints.is_listening,
        touchpoints.is_bad,
        touchpoints.score_normalised,
        touchpoints.effort_score,
        touchpoints.cost_amount,
        touchpoints.occurred_at,
        touchpoints.occurred_date
    from touchpoints
    inner join onboardings
        on touchpoints.customer_id = onboardings.customer_id
        and touchpoints.occurred_at >= onboardings.started_at
        and touchpoints.occurred_at < onboardings.ends_at
    where touchpoints.is_contact
),

steps as (
    select * from main_steps
    union all
    select * from onboarding_steps
),

-- At one instant: the click before the order it makes, the call before its answer.
ranked as (
    select
        *,
        source_entity || case when event_type in ('opened', 'ordered') then '0' else '1' end as instant_order
    from steps
),

-- Channel and department change from one contact to the next; what the company does alone is between them.
-- One window for all: steps are sorted once.
ordered as (
    select
        *,
        row_number() over steps_of_journey as position,
        lag(occurred_at) over steps_of_journey as previous_at,
        {{ last_known("case when is_contact then channel end", 'steps_before') }} as previous_channel,
        {{ last_known("case when is_contact then department end", 'steps_before') }} as previous_department
    from ranked
    window
        steps_of_journey as (partition by journey_id order by occurred_at, instant_order, touchpoint_id),
        steps_before as (
            partition by journey_id order by occurred_at, instant_order, touchpoint_id
            rows between unbounded preceding and 1 preceding
        )
)

select
    journey_id,
    touchpoint_id,
    customer_id,
    visitor_key,

    journey_type,
    is_overlapping,
    source_entity,
    event_type,
    touchpoint_type,
    stage,
    channel,
    department,
    outcome,
    is_contact,
    is_listening,
    is_bad,
    coalesce(is_contact and channel <> previous_channel, false) as is_channel_switch,
    coalesce(is_contact and department <> previous_department, false) as is_handover,

    position,
    {{ dbt.datediff('previous_at', 'occurred_at', 'second') }} as seconds_since_previous,
    score_normalised,
    effort_score,
    cost_amount,
    '{{ var("reporting_currency") }}' as currency,

    occurred_at,
    occurred_date
from ordered
