{#- Facts of the order and the case that a response is about; what came after the answer cannot have caused it. -#}
{%- set order_facts = ['delivery_days', 'days_late', 'is_returned', 'discount_share'] -%}
{%- set case_facts = [
    'waiting_hours', 'resolution_days', 'reopenings', 'is_escalated', 'is_bot_handover',
] -%}
with

answers as (
    select * from {{ ref('int_survey_answers_scored') }}
    where
        respondent_type <> 'employee'
        and measures = 'experience'
        and score_status = 'valid'
        and question_type in ('rating', 'ces')
        and coalesce(dimension, 'none') <> 'overall'
),

responses as (
    select * from {{ ref('int_driver_responses_described') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where has_order_record
),

returns as (
    select
        order_id,
        min(booked_at) as first_returned_at
    from {{ ref('int_order_lines_converted') }}
    where is_return
    group by order_id
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

named as (
    select
        response_id,
        'rating_' || case when question_type = 'ces' then 'effort' else coalesce(dimension, question_id) end as factor,
        cast(score_normalised as double) as score
    from answers
),

ratings as (
    select
        response_id,
        factor,
        100.0 * avg(score) as value
    from named
    group by response_id, factor
),

of_orders as (
    select
        responses.response_id,
        case
            when orders.delivered_at <= responses.responded_at
                then {{ dbt.datediff('orders.ordered_date', 'orders.delivered_date', 'day') }}
        end as delivery_days,
        case
            when orders.delivered_at <= responses.responded_at
                then greatest(0, {{ dbt.datediff('orders.promised_date', 'orders.delivered_date', 'day') }})
            when orders.promised_date < responses.responded_date
                then {{ dbt.datediff('orders.promised_date', 'responses.responded_date', 'day') }}
        end as days_late,
        case when returns.first_returned_at <= responses.responded_at then 1 else 0 end as is_returned,
        cast(orders.discount_amount as double)
        / nullif(cast(orders.net_amount + orders.discount_amount as double), 0) as discount_share
    from responses
    inner join orders on responses.order_id = orders.order_id
    left join returns on orders.order_id = returns.order_id
),

of_cases as (
    select
        responses.response_id,
        coalesce(
            cases.waiting_time_seconds / 3600.0,
            case
                when cases.first_response_at <= responses.responded_at
                    then {{ dbt.datediff('cases.opened_at', 'cases.first_response_at', 'minute') }} / 60.0
            end
        ) as waiting_hours,
        case
            when cases.resolved_at <= responses.responded_at
                then {{ dbt.datediff('cases.opened_at', 'cases.resolved_at', 'minute') }} / 1440.0
        end as resolution_days,
        -- Only the last time is known: of several, how many came before the answer is not.
        case
            when coalesce(cases.reopened_at <= responses.responded_at, true) then cases.reopen_count
            when cases.reopen_count = 1 then 0
        end as reopenings,
        -- They have no time of their own; what was settled before the answer had them before it.
        case
            when cases.resolved_at <= responses.responded_at then case when cases.is_escalated then 1 else 0 end
        end as is_escalated,
        case
            when cases.resolved_at <= responses.responded_at then case when cases.is_bot_handover then 1 else 0 end
        end as is_bot_handover
    from responses
    inner join cases on responses.case_id = cases.case_id
),

unioned as (
    select
        response_id,
        factor,
        'rating' as factor_kind,
        value
    from ratings
    {%- for relation, facts in {'of_orders': order_facts, 'of_cases': case_facts}.items() %}
    {%- for fact in facts %}
    union all
    select
        response_id,
        '{{ fact }}' as factor,
        'operation' as factor_kind,
        cast({{ fact }} as double) as value
    from {{ relation }}
    {%- endfor %}
    {%- endfor %}
)

select * from unioned
where value is not null
