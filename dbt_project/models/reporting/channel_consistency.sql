with

touchpoints as (
    select * from {{ ref('touchpoints') }}
),

voices as (
    select * from {{ ref('int_voices_attached') }}
    where score_normalised is not null and score_source <> 'survey_unattached'
),

cases as (
    select
        case_id,
        reason
    from {{ ref('int_cases_identified') }}
),

scored as (
    select
        touchpoints.journey_type,
        cases.reason,
        touchpoints.channel,
        voices.question_type,
        voices.score_normalised,
        coalesce(nullif(touchpoints.customer_id, 'unknown'), voices.voice_id) as person_key
    from voices
    inner join touchpoints on voices.touchpoint_id = touchpoints.touchpoint_id
    left join cases on touchpoints.case_id = cases.case_id
),

concerns as (
    select
        'journey_type' as concern_type,
        journey_type as concern,
        channel,
        question_type,
        score_normalised,
        person_key
    from scored
    where journey_type is not null
    union all
    select
        'reason' as concern_type,
        reason as concern,
        channel,
        question_type,
        score_normalised,
        person_key
    from scored
    where reason is not null
),

channels as (
    select
        concern_type,
        concern,
        question_type,
        channel,
        count(*) as n,
        avg(score_normalised) as score,
        sum(score_normalised * score_normalised) - sum(score_normalised) * sum(score_normalised) / count(*)
            as square_sum_within
    from concerns
    group by concern_type, concern, question_type, channel
    having count(distinct person_key) >= {{ var('small_cell_minimum') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by concern_type, concern, question_type order by score asc, channel asc
        ) as worst_rank,
        row_number() over (
            partition by concern_type, concern, question_type order by score desc, channel desc
        ) as best_rank
    from channels
),

compared as (
    select
        concern_type,
        concern,
        question_type,
        count(*) as channels_count,
        sum(n) as n,
        max(case when worst_rank = 1 then channel end) as worst_channel,
        max(case when best_rank = 1 then channel end) as best_channel,
        min(score) as worst_score,
        max(score) as best_score,
        sqrt(
            greatest(0.0, sum(square_sum_within)) / (sum(n) - count(*))
            * (
                max(case when worst_rank = 1 then 1.0 / n end)
                + max(case when best_rank = 1 then 1.0 / n end)
            )
        ) as standard_error
    from ranked
    group by concern_type, concern, question_type
    having count(*) > 1
),

-- Best and worst were picked among many: the interval of Scheffé holds for every pair at once.
with_margin as (
    select
        *,
        standard_error * sqrt({{ chi_square_quantile('(channels_count - 1)') }}) as margin
    from compared
)

select
    concern_type,
    concern,
    question_type,
    channels_count,
    cast(n as bigint) as n,
    best_channel,
    100.0 * best_score as best_score_index,
    worst_channel,
    100.0 * worst_score as worst_score_index,
    100.0 * (best_score - worst_score) as spread,
    100.0 * greatest(0.0, best_score - worst_score - margin) as spread_low,
    100.0 * least(1.0, best_score - worst_score + margin) as spread_high
from with_margin
