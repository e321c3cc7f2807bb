with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
)

select distinct
    text_key,
    feedback_text as text
from feedback
