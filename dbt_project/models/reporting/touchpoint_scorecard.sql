{#- Cells of these partitions add up to another published cell. -#}
{%- set partitions = [
    "touchpoint_type, channel, outcome, case when month_start is null then 1 else 0 end",
    "touchpoint_type, month_start, outcome, case when channel = 'all' then 1 else 0 end",
    "touchpoint_type, month_start, channel, case when outcome = 'all' then 1 else 0 end",
] -%}
{%- set tie = 'channel, outcome, month_start' -%}
with

counted as (
    select * from {{ ref('int_touchpoint_cells_counted') }}
),

stakes as (
    select * from {{ ref('int_revenue_at_stake_summed') }}
),

names as (
    select
        touchpoint_type,
        min(name_en) as name_en,
        min(name_de) as name_de
    from {{ ref('touchpoint_map') }}
    group by touchpoint_type
),

joined as (
    select
        counted.*,
        coalesce(stakes.revenue_at_stake, {{ money('0') }}) as revenue_at_stake
    from counted
    left join stakes
        on counted.touchpoint_type = stakes.touchpoint_type
        and counted.channel = stakes.channel
        and counted.outcome = stakes.outcome
        and coalesce(counted.month_start, {{ beginning_of_history() }})
        = coalesce(stakes.month_start, {{ beginning_of_history() }})
),

judged as (
    select
        *,
        {{ is_small_cell('people_count', partitions, tie) }} as is_suppressed,
        coalesce({{ is_small_cell('answering_count', partitions, tie) }}, true) as has_few_answers,
        coalesce({{ is_small_cell('nullif(speakers_count, 0)', partitions, tie) }}, true) as has_few_speakers,
        coalesce({{ is_small_cell('nullif(people_with_bad_contact_count, 0)', partitions, tie) }}, false)
            as has_few_at_stake
    from joined
),

shown as (
    select
        *,
        is_suppressed or has_few_answers as is_score_suppressed,
        is_suppressed or has_few_speakers as is_sentiment_suppressed,
        is_suppressed or has_few_at_stake as is_stake_suppressed
    from judged
)

select
    {{ period_label("case when shown.month_start is null then 'all' else 'month' end", 'shown.month_start') }}
        as period,
    shown.month_start as period_start,
    shown.touchpoint_type,
    coalesce(names.name_en, shown.touchpoint_type) as name_en,
    coalesce(names.name_de, shown.touchpoint_type) as name_de,
    shown.channel,
    shown.outcome,

    case when not shown.is_suppressed then shown.contacts_count end as contacts_count,
    case when not shown.is_suppressed then shown.people_count end as people_count,
    case when not shown.is_score_suppressed then shown.score end as score,
    case when not shown.is_score_suppressed and shown.score is not null then shown.scale_min end as scale_min,
    case when not shown.is_score_suppressed and shown.score is not null then shown.scale_max end as scale_max,
    case when not shown.is_score_suppressed then 100.0 * shown.score_sum / nullif(shown.scores_count, 0) end
        as score_index,
    case
        when not shown.is_score_suppressed
            then 100.0 * {{ mean_score_bound('shown.score_sum', 'shown.score_square_sum', 'shown.scores_count', -1) }}
    end as score_index_low,
    case
        when not shown.is_score_suppressed
            then 100.0 * {{ mean_score_bound('shown.score_sum', 'shown.score_square_sum', 'shown.scores_count', 1) }}
    end as score_index_high,
    case when not shown.is_score_suppressed then shown.scores_count end as n,
    case when not shown.is_score_suppressed then 100.0 * shown.effort_score end as effort_index,
    case when not shown.is_suppressed then 1.0 * shown.journey_contacts_sum / nullif(shown.steps_count, 0) end
        as contacts_per_journey,
    case when not shown.is_sentiment_suppressed then shown.polarity_sum / nullif(shown.polarity_count, 0) end
        as polarity,
    case when not shown.is_suppressed then shown.promised_days_sum / nullif(shown.promises_count, 0) end
        as promised_days,
    case when not shown.is_suppressed then shown.actual_days_sum / nullif(shown.promises_count, 0) end
        as actual_days,
    case when not shown.is_suppressed then 1.0 * shown.drop_offs_count / nullif(shown.steps_count, 0) end
        as drop_off_share,
    case when not shown.is_stake_suppressed then 1.0 * shown.bad_contacts_count / shown.contacts_count end
        as bad_contact_share,
    case when not shown.is_stake_suppressed then shown.revenue_at_stake end as revenue_at_stake,
    '{{ var("reporting_currency") }}' as currency,
    case
        when not shown.is_stake_suppressed and shown.revenue_at_stake > 0 then row_number() over (
            partition by shown.month_start, shown.channel, shown.outcome, shown.is_stake_suppressed
            order by shown.revenue_at_stake desc, shown.bad_contacts_count desc, shown.touchpoint_type asc
        )
    end as improvement_rank,
    shown.is_suppressed
from shown
left join names on shown.touchpoint_type = names.touchpoint_type
