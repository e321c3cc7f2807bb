with

topics as (
    select * from {{ ref('topics') }}
)

select
    topics.topic,
    cast(topics.level as integer) as topic_level,
    topics.name_en,
    topics.name_de,
    coalesce(parents.topic, topics.topic) as level_1_topic,
    coalesce(parents.name_en, topics.name_en) as level_1_name_en,
    coalesce(parents.name_de, topics.name_de) as level_1_name_de,
    coalesce(topics.block, parents.block, 'unknown') as block,
    coalesce(topics.department, parents.department, 'unknown') as department
from topics
left join topics as parents on topics.parent_topic = parents.topic
