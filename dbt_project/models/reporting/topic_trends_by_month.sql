{#- Topics, groups of people and months cross: counts are rounded as in touchpoint_scorecard, and shares are those of
    the rounded counts. What is compared and how sure it is comes from the exact ones. -#}
{%- set least = var('small_cell_minimum') -%}
with

cells as (
    select * from {{ ref('int_topic_cells_counted') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

measured as (
    select
        cells.*,
        cast({{ dbt.last_day('cells.period_start', 'month') }} as date) <= bounds.as_of_date as is_period_complete,
        cells.people_count between 1 and {{ least }} - 1 or cells.all_people_count < {{ least }} as is_suppressed,
        cells.speakers_count < {{ least }} as is_sentiment_suppressed,
        {{ rounded_count('cells.texts_count', 2) }} as shown_count,
        {{ rounded_count('cells.all_texts_count', 2) }} as shown_all_count,
        1.0 * cells.texts_count / cells.all_texts_count as share,
        ({{ share_bound('cells.texts_count', 'cells.all_texts_count', 1) }}
        - {{ share_bound('cells.texts_count', 'cells.all_texts_count', -1) }}) / (2 * {{ normal_quantile() }})
            as share_error,
        cells.score_sum / nullif(cells.scores_count, 0) as score,
        {{ mean_score_bound('cells.score_sum', 'cells.score_square_sum', 'cells.scores_count', -1) }} as score_low,
        {{ mean_score_bound('cells.score_sum', 'cells.score_square_sum', 'cells.scores_count', 1) }} as score_high
    from cells
    cross join bounds
),

compared as (
    select
        measured.*,
        previous.shown_count as previous_count,
        previous.shown_all_count as previous_all_count,
        previous.is_suppressed as is_previous_suppressed,
        previous.score as previous_score,
        previous.scores_count as previous_scores_count,
        previous.is_suppressed or previous.is_sentiment_suppressed as is_previous_sentiment_suppressed,
        measured.share > previous.share as is_larger,
        abs(measured.share - previous.share)
        > {{ normal_quantile() }} * sqrt(power(measured.share_error, 2) + power(previous.share_error, 2))
            as is_share_different,
        2 * abs(measured.score - previous.score)
        > sqrt(power(measured.score_high - measured.score_low, 2) + power(previous.score_high - previous.score_low, 2))
            as is_score_different
    from measured
    left join measured as previous
        on measured.dimension = previous.dimension
        and measured.dimension_value = previous.dimension_value
        and measured.topic = previous.topic
        and cast({{ dbt.dateadd('month', -1, 'measured.period_start') }} as date) = previous.period_start
),

shown as (
    select
        *,
        not is_suppressed and is_period_complete as is_compared,
        not is_suppressed and not is_sentiment_suppressed as has_sentiment
    from compared
)

select
    {{ period_label("'month'", 'shown.period_start') }} as period,
    shown.period_start,
    shown.dimension,
    shown.dimension_value,
    shown.topic,
    coalesce(topics.name_en, shown.topic) as topic_name_en,
    coalesce(topics.name_de, shown.topic) as topic_name_de,
    coalesce(topics.topic_level, 1) as topic_level,
    coalesce(topics.level_1_topic, shown.topic) as level_1_topic,
    coalesce(topics.block, 'unknown') as block,

    case when not shown.is_suppressed then shown.shown_count end as texts_count,
    case when not shown.is_suppressed then 1.0 * shown.shown_count / shown.shown_all_count end as share_of_voice,
    {%- for name, side in [('low', -1), ('high', 1)] %}
    case when not shown.is_suppressed then {{ share_bound('shown.shown_count', 'shown.shown_all_count', side) }} end
        as share_{{ name }},
    {%- endfor %}
    case
        when shown.is_compared and not shown.is_previous_suppressed
            then 1.0 * shown.shown_count / shown.shown_all_count - 1.0 * shown.previous_count / shown.previous_all_count
    end as share_change,
    case when shown.is_compared and not shown.is_previous_suppressed then shown.is_share_different end
        as is_share_change_significant,
    coalesce(
        shown.topic <> 'unknown' and shown.is_compared and shown.is_larger and shown.is_share_different, false
    ) as is_rising,

    {%- for name, column in [('mean_polarity', 'score'), ('polarity_low', 'score_low'), ('polarity_high', 'score_high')] %}
    case when shown.has_sentiment then {{ rounded_mean('2 * shown.' ~ column ~ ' - 1', 'shown.scores_count') }} end
        as {{ name }},
    {%- endfor %}
    case
        when shown.has_sentiment and shown.is_compared and not shown.is_previous_sentiment_suppressed
            then {{ rounded_mean('2 * shown.score - 1', 'shown.scores_count') }}
            - {{ rounded_mean('2 * shown.previous_score - 1', 'shown.previous_scores_count') }}
    end as polarity_change,
    case
        when shown.has_sentiment and shown.is_compared and not shown.is_previous_sentiment_suppressed
            then shown.is_score_different
    end as is_polarity_change_significant,

    shown.is_period_complete,
    shown.is_suppressed
from shown
left join topics on shown.topic = topics.topic
