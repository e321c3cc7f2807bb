{{ config(meta={'dagster': {'ref': {'name': 'feedback_topics'}}}) }}
-- What employees wrote and what was said in interviews counts at most; no row of a mart is of it.
with

confidential as (
    select feedback_id from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type = 'employee' or feedback_type = 'research_note'
),

rows_of_marts as (
    {%- for mart, key in [
        ('feedback', 'feedback_id'), ('feedback_topics', 'feedback_id'), ('topic_quotes', 'feedback_id'),
        ('routing_queue', 'queue_item_id'),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ mart }}' as mart,
        {{ key }} as feedback_id
    from {{ ref(mart) }}
    {%- endfor %}
)

select rows_of_marts.*
from rows_of_marts
inner join confidential on rows_of_marts.feedback_id = confidential.feedback_id
