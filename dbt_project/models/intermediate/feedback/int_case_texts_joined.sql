with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

messages as (
    select * from {{ ref('stg_crm__case_messages') }}
),

customer_texts as (
    select
        case_id,
        count(*) as turns_count,
        {{ joined_lines('message_text', 'sent_at, message_id') }} as case_text
    from messages
    where author_role = 'customer' and message_text is not null
    group by case_id
)

select
    cases.case_id,
    coalesce(customer_texts.turns_count, 0) as turns_count,
    coalesce(customer_texts.case_text, cases.subject) as case_text
from cases
left join customer_texts on cases.case_id = customer_texts.case_id
