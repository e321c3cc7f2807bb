with

feedback as (
    select * from {{ ref('int_kpi_feedback_observed') }}
),

topics as (
    select * from {{ ref('int_feedback_topics_attributed') }}
    where topic_level = 1
)

select
    feedback.record_key,
    feedback.observed_date,
    feedback.person_key,
    feedback.is_known_customer,
    topics.topic,
    100.0 * topics.polarity as polarity_points
from feedback
inner join topics on feedback.record_key = topics.feedback_id
