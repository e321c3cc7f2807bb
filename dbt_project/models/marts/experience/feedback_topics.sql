with

feedback as (
    select * from {{ ref('feedback') }}
),

mentions as (
    select * from {{ ref('stg_ml__feedback_topics') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

select
    feedback.feedback_id,
    feedback.customer_id,
    feedback.order_id,
    feedback.case_id,
    feedback.product_id,
    feedback.store_id,
    feedback.text_key,

    feedback.feedback_type,
    feedback.channel,
    coalesce(customers.segment, 'unknown') as segment,
    mentions.topic,
    coalesce(topics.name_en, mentions.topic) as topic_name_en,
    coalesce(topics.name_de, mentions.topic) as topic_name_de,
    coalesce(topics.topic_level, 1) as topic_level,
    coalesce(topics.level_1_topic, mentions.topic) as level_1_topic,
    coalesce(topics.level_1_name_en, mentions.topic) as level_1_name_en,
    coalesce(topics.level_1_name_de, mentions.topic) as level_1_name_de,
    coalesce(topics.block, 'unknown') as block,
    coalesce(topics.department, 'unknown') as topic_department,

    mentions.span_start,
    mentions.span_end,
    mentions.polarity,
    mentions.sentiment_label,
    mentions.topic_score,
    mentions.model_name,
    mentions.model_version,

    feedback.occurred_at,
    feedback.occurred_date
from feedback
inner join mentions on feedback.text_key = mentions.text_key
left join topics on mentions.topic = topics.topic
left join customers on feedback.customer_id = customers.customer_id
