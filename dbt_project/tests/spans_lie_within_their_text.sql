{{ config(meta={'dagster': {'ref': {'name': 'feedback_topics'}}}) }}
-- A place that speaks of a topic has characters, all of them in the masked text.
select
    feedback_topics.feedback_id,
    feedback_topics.topic,
    feedback_topics.span_start
from {{ ref('feedback_topics') }} as feedback_topics
inner join {{ ref('feedback') }} as feedback on feedback_topics.feedback_id = feedback.feedback_id
where
    feedback_topics.span_start < 0
    or feedback_topics.span_end <= feedback_topics.span_start
    or feedback.masked_text is null
    or feedback_topics.span_end > length(feedback.masked_text)
