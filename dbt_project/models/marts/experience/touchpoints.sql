with

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
),

assigned as (
    select * from {{ ref('int_touchpoints_assigned') }}
),

-- Several answers about one contact: their mean, on its own scale where they share one.
voices as (
    select
        touchpoint_id,
        count(score_normalised) as scores_count,
        case
            when
                min(scale_min) = max(scale_min) and min(scale_max) = max(scale_max)
                and count(score) = count(score_normalised)
                then avg(score)
        end as score,
        min(scale_min) as scale_min,
        max(scale_max) as scale_max,
        avg(score_normalised) as score_normalised,
        min(case when score_normalised is not null then score_source end) as score_source,
        avg(effort_score) as effort_score,
        avg(polarity) as polarity,
        max(case when has_negative_text then 1 else 0 end) = 1 as has_negative_text
    from {{ ref('int_voices_attached') }}
    group by touchpoint_id
),

joined as (
    select
        touchpoints.*,
        assigned.customer_id,
        assigned.journey_id,
        assigned.journey_type,
        assigned.no_journey_reason,
        voices.score,
        case when voices.score is not null then voices.scale_min end as scale_min,
        case when voices.score is not null then voices.scale_max end as scale_max,
        voices.score_normalised,
        coalesce(voices.scores_count, 0) as scores_count,
        voices.score_source,
        voices.effort_score,
        voices.polarity,
        coalesce(voices.has_negative_text, false) as has_negative_text
    from touchpoints
    inner join assigned on touchpoints.touchpoint_id = assigned.touchpoint_id
    left join voices on touchpoints.touchpoint_id = voices.touchpoint_id
)

select
    touchpoint_id,
    customer_id,
    source_record_key,
    visitor_key,
    session_id,
    account_id,
    store_id,
    product_id,
    campaign_id,
    order_id,
    case_id,
    journey_id,

    source_system,
    source_entity,
    event_type,
    touchpoint_type,
    stage,
    is_mapped,
    is_contact,
    is_listening,
    is_failure,
    channel,
    department,
    partner,
    outcome,
    journey_type,
    no_journey_reason,

    cost_amount,
    '{{ var("reporting_currency") }}' as currency,
    promised_days,
    actual_days,
    score,
    scale_min,
    scale_max,
    score_normalised,
    scores_count,
    score_source,
    effort_score,
    polarity,
    has_negative_text,
    is_failure
    or has_negative_text
    or coalesce(outcome in ('late', 'abandoned'), false)
    or coalesce(score_normalised < {{ var('low_score') }}, false) as is_bad,

    occurred_at,
    occurred_date
from joined
