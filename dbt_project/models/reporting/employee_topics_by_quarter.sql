{#- Topics cross and quarters follow each other: counts are rounded as in topic_trends_by_month, and shares are those of
    the rounded counts. -#}
{%- set least = var('small_cell_minimum') -%}
with

answers as (
    select
        feedback_id,
        source_record_key as response_id,
        text_key,
        cast({{ dbt.date_trunc('quarter', 'occurred_date') }} as date) as period_start
    from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type = 'employee' and occurred_date is not null
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

-- What is said of a topic is said of the one above it; groups of employees are small, so that only those are told.
mentions as (
    select
        answers.period_start,
        answers.response_id,
        coalesce(topics.level_1_topic, mentions.topic) as topic,
        avg(mentions.polarity) as polarity
    from answers
    inner join {{ ref('stg_ml__feedback_topics') }} as mentions on answers.text_key = mentions.text_key
    left join topics on mentions.topic = topics.topic
    group by 1, 2, 3
),

-- All that an employee said counts, also what is about no topic.
said as (
    select * from mentions
    union all
    select
        answers.period_start,
        answers.response_id,
        'all' as topic,
        avg(sentiment.polarity) as polarity
    from answers
    left join {{ ref('stg_ml__feedback_sentiment') }} as sentiment on answers.text_key = sentiment.text_key
    group by 1, 2
),

cells as (
    select
        period_start,
        topic,
        count(*) as responses_count,
        count(polarity) as rated_count,
        avg(polarity) as polarity
    from said
    group by 1, 2
),

shown as (
    select
        cells.*,
        cells.responses_count < {{ least }} as is_suppressed,
        {{ rounded_count('cells.responses_count') }} as shown_count,
        {{ rounded_count('totals.responses_count') }} as shown_all_count
    from cells
    inner join cells as totals on cells.period_start = totals.period_start and totals.topic = 'all'
)

select
    {{ period_label("'quarter'", 'shown.period_start') }} as period,
    shown.period_start,
    shown.topic,
    coalesce(topics.name_en, shown.topic) as topic_name_en,
    coalesce(topics.name_de, shown.topic) as topic_name_de,
    shown.shown_count as responses_count,
    1.0 * shown.shown_count / shown.shown_all_count as share,
    case
        when shown.rated_count >= {{ least }} then {{ rounded_mean('shown.polarity', 'shown.rated_count') }}
    end as mean_polarity,
    shown.is_suppressed
from shown
left join topics on shown.topic = topics.topic
