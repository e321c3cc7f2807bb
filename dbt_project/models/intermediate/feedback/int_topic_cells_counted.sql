{%- set dimensions = {'all': "'all'", 'age_group': 'feedback.age_group', 'segment': 'feedback.segment'} -%}
with

feedback as (
    select
        record_key as feedback_id,
        {{ month_of('observed_date') }} as period_start,
        person_key,
        coalesce(age_group, 'unknown') as age_group,
        coalesce(segment, 'unknown') as segment
    from {{ ref('int_kpi_feedback_observed') }}
    where observed_date is not null
),

mentions as (
    select
        feedback_id,
        topic,
        (polarity + 1) / 2 as score
    from {{ ref('int_feedback_topics_attributed') }}
),

totals as (
    {%- for dimension, value in dimensions.items() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        period_start,
        count(*) as all_texts_count,
        count(distinct person_key) as all_people_count
    from feedback
    group by 1, 2, 3
    {%- endfor %}
),

topics as (
    {%- for dimension, value in dimensions.items() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        feedback.period_start,
        mentions.topic,
        count(*) as texts_count,
        count(distinct feedback.person_key) as people_count,
        count(distinct case when mentions.score is not null then feedback.person_key end) as speakers_count,
        count(mentions.score) as scores_count,
        sum(mentions.score) as score_sum,
        sum(mentions.score * mentions.score) as score_square_sum
    from feedback
    inner join mentions on feedback.feedback_id = mentions.feedback_id
    group by 1, 2, 3, 4
    {%- endfor %}
),

-- A month in which nobody spoke of a topic is one of its months: else a new topic would never rise.
grid as (
    select
        totals.*,
        known_topics.topic
    from totals
    inner join (select distinct dimension, dimension_value, topic from topics) as known_topics
        on totals.dimension = known_topics.dimension
        and totals.dimension_value = known_topics.dimension_value
)

select
    grid.dimension,
    grid.dimension_value,
    grid.period_start,
    grid.topic,
    grid.all_texts_count,
    grid.all_people_count,
    coalesce(topics.texts_count, 0) as texts_count,
    coalesce(topics.people_count, 0) as people_count,
    coalesce(topics.speakers_count, 0) as speakers_count,
    coalesce(topics.scores_count, 0) as scores_count,
    topics.score_sum,
    topics.score_square_sum
from grid
left join topics
    on grid.dimension = topics.dimension
    and grid.dimension_value = topics.dimension_value
    and grid.period_start = topics.period_start
    and grid.topic = topics.topic
