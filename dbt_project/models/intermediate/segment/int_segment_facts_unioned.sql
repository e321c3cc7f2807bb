{{ config(materialized='view') }}
{#- Read once, by the segment step: not worth a copy of every order. -#}
{%- set columns = {
    'revenue': 'double', 'score': 'double', 'ease_score': 'double', 'text_key': 'string', 'is_complaint': 'boolean',
    'is_late': 'boolean',
} -%}
{#- A comment of a survey has its scores among the answers, the text of a case its complaint among the cases. -#}
{%- set facts = [
    ('order', 'orders', 'ordered_date', {'revenue': 'revenue'}),
    ('delivery', 'deliveries', 'delivered_date', {'is_late': 'is_delivered_late'}),
    ('answer', 'answers', 'responded_date', {
        'score': 'score_normalised', 'ease_score': "case when question_type = 'ces' then score_normalised end",
    }),
    ('text', 'feedback', 'occurred_date', {
        'score': "case when feedback_type like 'social%' then score_normalised end", 'text_key': 'text_key',
        'is_complaint': 'case when case_id is not null then false end',
    }),
    ('case', 'cases', 'opened_date', {'is_complaint': 'is_complaint'}),
] -%}
with

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled
),

deliveries as (
    select * from orders
    where delivered_date is not null and promised_date is not null
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where respondent_type <> 'employee' and measures = 'experience' and score_normalised is not null
),

feedback as (
    select * from {{ ref('int_feedback_texts_unioned') }}
    where respondent_type <> 'employee' and feedback_type <> 'research_note'
),

cases as (
    select
        cases.identity_record_key,
        cases.opened_date,
        coalesce(reasons.is_complaint, false) as is_complaint
    from {{ ref('int_cases_identified') }} as cases
    left join {{ ref('case_reasons') }} as reasons on cases.reason = reasons.reason
),

unioned as (
    {%- for fact_type, relation, date, given in facts %}
    {{ 'union all' if not loop.first }}
    select
        identity_record_key,
        '{{ fact_type }}' as fact_type,
        {%- for column, type in columns.items() %}
        cast({{ given.get(column, 'null') }} as {{ type }}) as {{ column }},
        {%- endfor %}
        {{ date }} as fact_date
    from {{ relation }}
    {%- endfor %}
)

select * from unioned
