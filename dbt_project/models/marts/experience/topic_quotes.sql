{%- set group = 'mentions.topic, mentions.sentiment_label' -%}
with

feedback as (
    select * from {{ ref('feedback') }}
    where masked_text is not null and not coalesce(is_unsure, false)
),

mentions as (
    select * from {{ ref('feedback_topics') }}
),

customers as (
    select
        customer_id,
        has_quotation_consent
    from {{ ref('customers') }}
),

topics_of_texts as (
    select
        feedback_id,
        count(distinct level_1_topic) as topics_count
    from mentions
    group by feedback_id
),

-- What speaks of much else is not typical of a topic either; half a sentence of praise in a complaint quotes nobody.
measured as (
    select
        mentions.topic,
        mentions.topic_name_en,
        mentions.topic_name_de,
        mentions.sentiment_label,
        mentions.polarity,
        mentions.span_start,
        mentions.span_end,
        mentions.text_key,
        mentions.occurred_date,
        feedback.feedback_id,
        feedback.customer_id,
        feedback.masked_text,
        feedback.language,
        coalesce(customers.has_quotation_consent, false) as has_quotation_consent,
        coalesce(nullif(feedback.customer_id, 'unknown'), feedback.source_record_key) as person_key,
        {{ distance_from_typical('feedback.text_length', 'mentions.polarity', group) }}
        + 0.5 * (topics_of_texts.topics_count - 1) as distance
    from mentions
    inner join topics_of_texts on mentions.feedback_id = topics_of_texts.feedback_id
    inner join feedback on mentions.feedback_id = feedback.feedback_id
    left join customers on feedback.customer_id = customers.customer_id
    where
        not (mentions.sentiment_label = 'positive' and coalesce(feedback.sentiment_label, '') = 'negative')
        and not (mentions.sentiment_label = 'negative' and coalesce(feedback.sentiment_label, '') = 'positive')
),

-- Everybody and every text is quoted once.
of_person as (
    select
        *,
        row_number() over (
            partition by topic, sentiment_label, person_key order by distance, text_key, span_start, feedback_id
        ) as own_rank
    from measured
),

of_text as (
    select
        *,
        row_number() over (
            partition by topic, sentiment_label, text_key order by distance, span_start, feedback_id
        ) as text_rank
    from of_person
    where own_rank = 1
),

ranked as (
    select
        *,
        cast(
            row_number() over (partition by topic, sentiment_label order by distance, text_key, feedback_id) as bigint
        ) as quote_rank
    from of_text
    where text_rank = 1
)

select
    topic,
    topic_name_en,
    topic_name_de,
    sentiment_label,
    quote_rank,
    feedback_id,
    customer_id,
    masked_text,
    span_start,
    span_end,
    polarity,
    language,
    has_quotation_consent,
    occurred_date
from ranked
where quote_rank <= 5
