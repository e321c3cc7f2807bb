{#- Weights lie in 0..1 and multiply; the lower end keeps an unknown from making everything else nothing. -#}
with

bounds as (
    select {{ as_of_date() }} as as_of_date
),

-- What service_backlog_by_day counts as open, less the mirrors: the case they mirror is in the queue.
open_cases as (
    select cases.*
    from {{ ref('cases') }} as cases
    inner join {{ ref('int_cases_measured') }} as measured on cases.case_id = measured.case_id
    cross join bounds
    where
        cases.opened_date <= bounds.as_of_date
        and (measured.closed_date is null or measured.closed_date > bounds.as_of_date)
        and not cases.is_mirror
),

feedback as (
    select * from {{ ref('feedback') }}
),

analysed as (
    select * from {{ ref('int_texts_analysed') }}
),

departments as (
    select * from {{ ref('departments') }}
),

rules as (
    select * from {{ ref('routing_rules') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

customer_values as (
    select
        customer_id,
        percent_rank() over (order by lifetime_value_36_months) as value_rank
    from {{ ref('customer_values') }}
),

case_items as (
    select
        open_cases.case_id as queue_item_id,
        'service_case' as feedback_type,
        open_cases.case_id,
        open_cases.customer_id,
        open_cases.order_id,
        open_cases.product_id,
        open_cases.store_id,
        feedback.text_key,
        open_cases.channel,
        open_cases.department as delivered_department,
        'open_case' as queue_reason,
        open_cases.opened_at as occurred_at,
        open_cases.opened_date as occurred_date
    from open_cases
    left join feedback on open_cases.case_id = feedback.feedback_id
),

other_feedback as (
    select
        feedback.*,
        {{ dbt.datediff('feedback.occurred_date', 'bounds.as_of_date', 'day') }} as age_days
    from feedback
    cross join bounds
    where feedback.feedback_type <> 'service_case'
),

feedback_items as (
    select
        feedback_id as queue_item_id,
        feedback_type,
        case_id,
        customer_id,
        order_id,
        product_id,
        store_id,
        text_key,
        channel,
        cast(null as string) as delivered_department,
        case
            when intent in ('cancellation_threat', 'complaint', 'question') then intent
            when urgency_label = 'high' then 'urgent'
            when sentiment_label = 'negative' and not is_unsure then 'negative'
        end as queue_reason,
        occurred_at,
        occurred_date
    from other_feedback
    where age_days between 0 and {{ var('queue_days') }}
),

items as (
    select * from case_items
    union all
    select * from feedback_items
    where queue_reason is not null
),

-- Who assigned a case knew it; what the text says against it is for a person to see.
assigned as (
    select
        items.*,
        analysed.masked_text,
        analysed.main_topic,
        analysed.intent,
        analysed.sentiment_label,
        analysed.urgency,
        coalesce(analysed.urgency_label, 'unknown') as urgency_label,
        coalesce(analysed.suggested_department, 'unknown') as suggested_department,
        analysed.routing_reason,
        analysed.routing_probability,
        coalesce(analysed.routing_method, 'none') as routing_method,
        coalesce(analysed.department, 'unknown') as sure_department,
        coalesce(delivered.department, 'unknown') as known_department
    from items
    left join analysed on items.text_key = analysed.text_key
    left join departments as delivered on items.delivered_department = delivered.department
),

decided as (
    select
        *,
        case
            when sure_department <> 'unknown' and (routing_method = 'person' or known_department = 'unknown')
                then sure_department
            else known_department
        end as department,
        case
            when sure_department <> 'unknown' and (routing_method = 'person' or known_department = 'unknown')
                then routing_method
            when known_department <> 'unknown' then 'source'
            else 'none'
        end as department_source
    from assigned
),

weighed as (
    select
        decided.*,
        decided.department = 'unknown'
        or (decided.sure_department <> 'unknown' and decided.sure_department <> decided.department)
            as is_to_be_checked,
        cast(greatest(0, {{ dbt.datediff('decided.occurred_date', 'bounds.as_of_date', 'day') }}) as bigint)
            as age_days,
        0.1 + 0.9 * coalesce(decided.urgency, 0.5) as urgency_weight,
        0.5 + 0.5 * coalesce(customer_values.value_rank, 0.0) as value_weight
    from decided
    cross join bounds
    left join customer_values on decided.customer_id = customer_values.customer_id
),

prioritised as (
    select
        *,
        0.5 + 0.5 * least(coalesce(age_days, 0), {{ var('queue_days') }}) / {{ var('queue_days') }} as age_weight
    from weighed
),

scored as (
    select
        *,
        cast(round(100.0 * urgency_weight * value_weight * age_weight, 2) as double) as priority
    from prioritised
)

select
    scored.queue_item_id,
    scored.customer_id,
    scored.case_id,
    scored.order_id,
    scored.product_id,
    scored.store_id,
    scored.text_key,

    cast(row_number() over (order by scored.priority desc, scored.occurred_at asc, scored.queue_item_id asc) as bigint)
        as priority_rank,
    scored.priority,
    scored.urgency_weight,
    scored.value_weight,
    scored.age_weight,
    scored.age_days,

    scored.department,
    departments.name_en as department_name_en,
    departments.name_de as department_name_de,
    departments.owner,
    scored.department_source,
    scored.suggested_department,
    scored.routing_reason,
    coalesce(rules.reason_en, topics.name_en, scored.routing_reason) as routing_reason_en,
    coalesce(rules.reason_de, topics.name_de, scored.routing_reason) as routing_reason_de,
    scored.routing_probability,
    scored.is_to_be_checked,

    scored.queue_reason,
    scored.feedback_type,
    scored.channel,
    scored.main_topic,
    scored.intent,
    scored.sentiment_label,
    scored.urgency,
    scored.urgency_label,
    scored.masked_text,

    scored.occurred_at,
    scored.occurred_date
from scored
left join departments on scored.department = departments.department
left join rules on scored.routing_reason = rules.rule
left join topics on scored.routing_reason = 'topic:' || topics.topic
