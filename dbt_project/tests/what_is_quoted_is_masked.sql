{{ config(meta={'dagster': {'ref': {'name': 'topic_quotes'}}}) }}
{#- Marts with texts, and the columns that hold them. -#}
{%- set columns = [
    ('feedback', 'masked_text'), ('routing_queue', 'masked_text'), ('topic_quotes', 'masked_text'),
    ('product_ideas', 'quote_1'), ('product_ideas', 'quote_2'), ('product_ideas', 'quote_3'),
    ('personas', 'quote'), ('advocates', 'quote'),
] -%}
-- Texts that are published are those of feedback_texts, where personal data is masked.
with

masked_texts as (
    select distinct masked_text from {{ ref('stg_ml__feedback_texts') }}
),

published as (
    {%- for mart, column in columns %}
    {{ 'union all' if not loop.first }}
    select
        '{{ mart }}' as mart,
        '{{ column }}' as text_column,
        {{ column }} as published_text
    from {{ ref(mart) }}
    where {{ column }} is not null
    {%- endfor %}
)

select
    published.mart,
    published.text_column,
    count(*) as texts_count
from published
left join masked_texts on published.published_text = masked_texts.masked_text
where masked_texts.masked_text is null
group by published.mart, published.text_column
