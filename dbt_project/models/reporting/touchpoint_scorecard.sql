{#-
    Channels, outcomes and months cross: from exact figures hidden cells could be computed back. So counts are
    rounded to tens: to fives, several cells beside a hidden one could round the same way and their total tell it.
    Means and shares are told to a tenth, from a hundred on to a hundredth: finer ones fit few counts. Exact are
    only outcomes over all periods and channels, of a hundred or more, where no channel is small: no two of them
    add up to anything, and below them only rounded months could be told apart.
-#}
{%- set least = var('small_cell_minimum') -%}
{%- set counts = {
    'is_exact': ('people_count', 'contacts_count'), 'is_score_exact': ('answering_count', 'scores_count'),
} -%}
{%- set sums = ['shown.score_sum', 'shown.score_square_sum', 'shown.scores_count'] -%}
{%- set indices = {
    'score_index': '(shown.score_sum / nullif(shown.scores_count, 0))',
    'score_index_low': mean_score_bound(sums[0], sums[1], sums[2], -1),
    'score_index_high': mean_score_bound(sums[0], sums[1], sums[2], 1),
    'effort_index': 'shown.effort_score',
} -%}
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
        people_count < {{ least }} as is_suppressed,
        coalesce(answering_count, 0) < {{ least }} as has_few_answers,
        coalesce(speakers_count, 0) < {{ least }} as has_few_speakers,
        people_with_bad_contact_count between 1 and {{ least }} - 1 as has_few_at_stake,
        {%- for is_exact, (people, count) in counts.items() %}
        month_start is null and channel = 'all' and outcome <> 'all' and {{ count }} >= 100
        and min(nullif({{ people }}, 0)) over (partition by touchpoint_type, month_start) >= {{ least }}
            as {{ is_exact }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined
),

shown as (
    select
        *,
        is_suppressed or has_few_answers as is_score_suppressed,
        is_suppressed or has_few_speakers as is_sentiment_suppressed,
        is_suppressed or has_few_at_stake as is_stake_suppressed,
        power(10, floor(ln(greatest(cast(revenue_at_stake as double), 1)) / ln(10)) - 1) as last_digit
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

    {%- for count in ['contacts_count', 'people_count'] %}
    case
        when shown.is_suppressed then null
        when shown.is_exact then shown.{{ count }}
        else {{ rounded_count('shown.' ~ count, 2) }}
    end as {{ count }},
    {%- endfor %}
    case
        when shown.is_score_suppressed then null
        when shown.is_score_exact then shown.score
        else {{ rounded_mean('shown.score', 'shown.scores_count') }}
    end as score,
    case when not shown.is_score_suppressed and shown.score is not null then shown.scale_min end as scale_min,
    case when not shown.is_score_suppressed and shown.score is not null then shown.scale_max end as scale_max,
    {%- for column, value in indices.items() %}
    case
        when shown.is_score_suppressed then null
        when shown.is_score_exact then 100.0 * {{ value }}
        when shown.scores_count < 100 then 5 * cast(round(round(20.0 * {{ value }}, 9)) as double)
        else cast(round(round(100.0 * {{ value }}, 9)) as double)
    end as {{ column }},
    {%- endfor %}
    case
        when shown.is_score_suppressed then null
        when shown.is_score_exact then shown.scores_count
        else {{ rounded_count('shown.scores_count', 2) }}
    end as n,
    case
        when not shown.is_suppressed
            then {{ rounded_mean('1.0 * shown.journey_contacts_sum / nullif(shown.steps_count, 0)', 'shown.contacts_count') }}
    end as contacts_per_journey,
    case when not shown.is_sentiment_suppressed then shown.polarity_sum / nullif(shown.polarity_count, 0) end
        as polarity,
    {%- for days in ['promised_days', 'actual_days'] %}
    case
        when shown.is_suppressed then null
        when shown.is_exact then shown.{{ days }}_sum / nullif(shown.promises_count, 0)
        else {{ rounded_mean('shown.' ~ days ~ '_sum / nullif(shown.promises_count, 0)', 'shown.promises_count') }}
    end as {{ days }},
    {%- endfor %}
    case
        when not shown.is_suppressed
            then {{ rounded_mean('1.0 * shown.drop_offs_count / nullif(shown.steps_count, 0)', 'shown.contacts_count') }}
    end as drop_off_share,
    case
        when not shown.is_stake_suppressed
            then {{ rounded_mean('1.0 * shown.bad_contacts_count / shown.contacts_count', 'shown.contacts_count') }}
    end as bad_contact_share,
    case
        when not shown.is_stake_suppressed
            then {{ money('round(shown.revenue_at_stake / shown.last_digit) * shown.last_digit') }}
    end as revenue_at_stake,
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
