with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type = 'customer'
),

sentiment as (
    select * from {{ ref('stg_ml__feedback_sentiment') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

mentions as (
    select
        feedback.feedback_id,
        mentions.topic,
        'text' as topic_source,
        mentions.polarity
    from feedback
    inner join {{ ref('stg_ml__feedback_topics') }} as mentions on feedback.text_key = mentions.text_key
),

mentioned as (
    select distinct feedback_id from mentions
),

-- What was asked about counts where it is a topic of the tree: `overall` is none.
unmentioned as (
    select
        feedback.feedback_id,
        coalesce(asked.topic, nullif(reasons.topic, 'unknown'), 'unknown') as topic,
        case
            when asked.topic is not null then 'question'
            when coalesce(reasons.topic, 'unknown') <> 'unknown' then 'reason'
            else 'none'
        end as topic_source,
        cast(null as double) as polarity
    from feedback
    left join mentioned on feedback.feedback_id = mentioned.feedback_id
    left join answers on feedback.feedback_id = answers.answer_id
    left join topics as asked on answers.dimension = asked.topic
    left join cases on feedback.case_id = cases.case_id
    left join reasons on cases.reason = reasons.reason
    where mentioned.feedback_id is null
),

about as (
    select * from mentions
    union all
    select * from unmentioned
),

-- What is said of a topic is said of the one above it.
lifted as (
    select
        about.*,
        coalesce(topics.topic_level, 1) as topic_level
    from about
    left join topics on about.topic = topics.topic
    union all
    select
        about.feedback_id,
        topics.level_1_topic as topic,
        about.topic_source,
        about.polarity,
        1 as topic_level
    from about
    inner join topics on about.topic = topics.topic
    where topics.topic_level > 1
),

per_topic as (
    select
        feedback_id,
        topic,
        min(topic_level) as topic_level,
        min(topic_source) as topic_source,
        avg(polarity) as polarity
    from lifted
    group by feedback_id, topic
)

select
    per_topic.feedback_id,
    per_topic.topic,
    per_topic.topic_level,
    per_topic.topic_source,
    coalesce(per_topic.polarity, sentiment.polarity) as polarity
from per_topic
inner join feedback on per_topic.feedback_id = feedback.feedback_id
left join sentiment on feedback.text_key = sentiment.text_key
