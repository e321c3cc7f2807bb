{%- set most_authors = 3 -%}
with

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
),

attributes as (
    select * from {{ ref('int_identity_attributes_unioned') }}
),

texts as (
    select distinct
        text_key,
        feedback_text
    from feedback
),

authors as (
    select distinct
        text_key,
        identity_record_key
    from feedback
    where identity_record_key is not null
),

-- Words that many people wrote, such as "Danke", name none of them.
own_words as (
    select text_key
    from authors
    group by text_key
    having count(*) <= {{ most_authors }}
),

names as (
    select
        authors.text_key,
        attributes.first_name as author_name
    from authors
    inner join own_words on authors.text_key = own_words.text_key
    inner join attributes on authors.identity_record_key = attributes.record_key
    where attributes.first_name is not null
    union
    select
        authors.text_key,
        attributes.last_name as author_name
    from authors
    inner join own_words on authors.text_key = own_words.text_key
    inner join attributes on authors.identity_record_key = attributes.record_key
    where attributes.last_name is not null
),

named as (
    select
        text_key,
        {{ joined_lines('author_name', 'author_name') }} as author_names
    from names
    group by text_key
)

select
    texts.text_key,
    texts.feedback_text as text,
    named.author_names
from texts
left join named on texts.text_key = named.text_key
