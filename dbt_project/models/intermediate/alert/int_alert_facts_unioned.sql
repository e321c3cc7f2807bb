{{ config(materialized='view') }}
{#- Read twice, by the day counts and for the texts: not worth a copy of every record. -#}
{%- set slices = ['channel', 'store', 'partner', 'product_category', 'touchpoint', 'reason', 'signal'] -%}
{%- set of_answers = {'channel': 'channel', 'store': 'store_id', 'touchpoint': 'touchpoint'} -%}
{%- set of_orders = {'channel': 'channel', 'store': 'store_id'} -%}
{%- set of_cases = {
    'channel': 'channel', 'store': 'store_id', 'partner': 'partner', 'reason': 'reason',
    'product_category': 'product_category',
} -%}
{%- set grace_days = 1 -%}
{%- set score = '100.0 * score_normalised' -%}
{%- set facts = [
    ('nps', 'surveys', 'nps_answers', 'responded_date', of_answers, 'answer_rank = 1',
        "case nps_class when 'promoter' then 100 when 'passive' then 0 when 'detractor' then -100 end"),
    ('csat', 'surveys', 'answers', 'responded_date', of_answers, "question_type = 'csat'", score),
    ('ces', 'surveys', 'answers', 'responded_date', of_answers, "question_type = 'ces'", score),
    ('product_rating', 'surveys', 'answers', 'responded_date', of_answers,
        "question_type = 'rating' and dimension in ('product', 'product_quality')", score),
    ('service_rating', 'surveys', 'answers', 'responded_date', of_answers,
        "question_type = 'rating' and dimension in ('service', 'staff')", score),
    ('review', 'reviews', 'reviews', 'posted_date',
        {'channel': 'platform', 'store': 'store_id', 'product_category': 'product_category'}, 'true', score),
    ('order', 'orders', 'orders', 'ordered_date', of_orders, 'true', '1'),
    ('on_time', 'deliveries', 'deliveries', 'promised_date', of_orders, 'true', 'is_on_time'),
    ('return', 'orders', 'lines', 'booked_date',
        {'channel': 'channel', 'store': 'store_id', 'product_category': 'product_category'}, 'true', 'is_returned'),
    ('contact', 'cases', 'cases', 'opened_date', of_cases, 'linked_case_id is null', '1'),
    ('complaint', 'cases', 'cases', 'opened_date', of_cases, 'linked_case_id is null and is_complaint', '1'),
    ('waiting', 'cases', 'cases', 'opened_date', of_cases, 'true', 'waiting_time_seconds / 60.0'),
    ('abandoned', 'cases', 'cases', 'opened_date', of_cases, "channel = 'phone'",
        'case when is_abandoned then 1 when not is_abandoned then 0 end'),
    ('app_error', 'events', 'events', 'occurred_date', {'channel': 'channel', 'signal': 'signal'}, 'true', '1'),
    ('visit', 'events', 'visits', 'started_date', {'channel': 'channel'}, 'true', '1'),
    ('conversion', 'events', 'visits', 'started_date', {'channel': 'channel'}, 'true',
        'case when has_purchase then 1 else 0 end'),
    ('text', 'texts', 'texts', 'occurred_date',
        {'channel': 'channel', 'store': 'store_id', 'product_category': 'product_category', 'touchpoint': 'touchpoint'},
        'true', '1'),
] -%}
with

as_of as (
    select {{ as_of_date() }} as as_of_date
),

products as (
    select
        product_id,
        category as product_category
    from {{ ref('stg_pos__products') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where measures = 'experience' and score_status = 'valid' and respondent_type = 'customer'
),

-- The last answer of a person and day counts, as in the KPI. Who is the same person beyond one identity record is
-- known to the identity step only, and what feeds a step must not wait for another.
nps_answers as (
    select
        *,
        row_number() over (
            partition by responded_date, coalesce(identity_record_key, response_id)
            order by responded_at desc, answer_id desc
        ) as answer_rank
    from answers
    where question_type = 'nps' and nps_class is not null
),

reviews as (
    select
        posts.*,
        products.product_category
    from {{ ref('int_social_posts_identified') }} as posts
    left join products on posts.product_id = products.product_id
    where posts.score_normalised is not null
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled
),

-- An order is judged on its promised day, once that is over, whether or not it has arrived since: days that were
-- judged stay as they are, and the last ones carry no backlog.
deliveries as (
    select
        orders.*,
        case when orders.delivered_date <= orders.promised_date then 1 else 0 end as is_on_time
    from orders
    cross join as_of
    where orders.promised_date <= {{ dbt.dateadd('day', -grace_days, 'as_of.as_of_date') }}
),

lines as (
    select
        order_lines.booked_date,
        orders.channel,
        orders.store_id,
        products.product_category,
        case when order_lines.is_return then 1 else 0 end as is_returned
    from {{ ref('int_order_lines_converted') }} as order_lines
    inner join orders on order_lines.order_id = orders.order_id
    left join products on order_lines.product_id = products.product_id
    where not order_lines.is_cancelled
),

cases as (
    select
        cases.*,
        products.product_category,
        coalesce(reasons.is_complaint, false) as is_complaint
    from {{ ref('int_cases_identified') }} as cases
    left join reasons on cases.reason = reasons.reason
    left join products on cases.product_id = products.product_id
),

events as (
    select * from {{ ref('int_events_sessionised') }}
    where event_type = 'app_error'
),

visits as (
    select * from {{ ref('int_sessions_derived') }}
    where channel is null or channel <> 'device'
),

texts as (
    select
        feedback.*,
        products.product_category
    from {{ ref('int_feedback_texts_unioned') }} as feedback
    left join products on feedback.product_id = products.product_id
    where feedback.respondent_type = 'customer'
),

unioned as (
    {%- for measure, feed, relation, date, known, condition, value in facts %}
    {{ 'union all' if not loop.first }}
    select
        '{{ measure }}' as measure,
        '{{ feed }}' as feed,
        cast({{ date }} as date) as observed_date,
        {%- for slice in slices %}
        cast({{ known.get(slice, 'null') }} as string) as {{ slice }},
        {%- endfor %}
        {{ 'feedback_id' if measure == 'text' else 'cast(null as string)' }} as feedback_id,
        {{ 'text_key' if measure == 'text' else 'cast(null as string)' }} as text_key,
        cast({{ value }} as double) as value
    from {{ relation }}
    where {{ condition }}
    {%- endfor %}
)

select unioned.*
from unioned
cross join as_of
where unioned.value is not null and unioned.observed_date <= as_of.as_of_date
