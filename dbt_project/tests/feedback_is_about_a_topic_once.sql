{{ config(meta={'dagster': {'ref': {'name': 'int_feedback_topics_attributed'}}}) }}
-- A text counts for a topic once, and every text of a customer counts for at least one of level 1.
select
    feedback_id,
    topic
from {{ ref('int_feedback_topics_attributed') }}
group by feedback_id, topic
having count(*) > 1
union all
select
    feedback.record_key as feedback_id,
    cast(null as string) as topic
from {{ ref('int_kpi_feedback_observed') }} as feedback
left join {{ ref('int_kpi_feedback_topics_observed') }} as topics on feedback.record_key = topics.record_key
where topics.record_key is null
