with

needs as (
    select * from {{ ref('stg_ml__training_needs') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
)

select
    needs.team || '/' || needs.topic as issue,
    needs.team,
    needs.topic,
    case when needs.topic = 'all' then 'All topics' else coalesce(topics.name_en, needs.topic) end as topic_name_en,
    case when needs.topic = 'all' then 'Alle Themen' else coalesce(topics.name_de, needs.topic) end as topic_name_de,
    needs.measure,
    needs.cases_count,
    needs.value,
    needs.others_value,
    needs.difference,
    needs.difference_low,
    needs.difference_high,
    needs.p_value,
    needs.q_value,
    needs.is_needed,
    needs.evidence_en,
    needs.evidence_de,
    needs.model_name,
    needs.model_version
from needs
left join topics on needs.topic = topics.topic
