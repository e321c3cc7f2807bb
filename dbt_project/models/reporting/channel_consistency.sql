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

subjects as (
    select
        'journey_type' as subject_type,
        journey_type as subject,
        channel,
        question_type,
        score_normalised,
        person_key
    from scored
    where journey_type is not null
    union all
    select
        'reason' as subject_type,
        reason as subject,
        channel,
        question_type,
        score_normalised,
        person_key
    from scored
    where reason is not null
),

channels as (
    select
        subject_type,
        subject,
        question_type,
        channel,
        count(*) as n,
        avg(score_normalised) as score,
        coalesce(var_samp(score_normalised), 0) / count(*) as score_variance
    from subjects
    group by subject_type, subject, question_type, channel
    having count(distinct person_key) >= {{ var('small_cell_minimum') }}
),

compared as (
    select
        subject_type,
        subject,
        question_type,
        count(*) as channels_count,
        sum(n) as n,
        min_by(channel, score) as worst_channel,
        max_by(channel, score) as best_channel,
        min(score) as worst_score,
        max(score) as best_score,
        min_by(score_variance, score) + max_by(score_variance, score) as spread_variance
    from channels
    group by subject_type, subject, question_type
    having count(*) > 1
)

select
    subject_type,
    subject,
    question_type,
    channels_count,
    cast(n as bigint) as n,
    best_channel,
    100.0 * best_score as best_score_index,
    worst_channel,
    100.0 * worst_score as worst_score_index,
    100.0 * (best_score - worst_score) as spread,
    100.0 * greatest(0.0, best_score - worst_score - {{ normal_quantile() }} * sqrt(spread_variance)) as spread_low,
    100.0 * least(1.0, best_score - worst_score + {{ normal_quantile() }} * sqrt(spread_variance)) as spread_high
from compared
