{#- What customers chose themselves: contacts they made, messages they opened, visits; not orders, whose visit is here. -#}
with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

bounds as (
    select {{ dbt.dateadd('month', -1 * var('activity_window_months'), as_of_date()) }} as first_date
),

habits as (
    select
        customer_records.customer_id,
        sends.channel,
        coalesce(sends.clicked_at, sends.opened_at) as occurred_at
    from {{ ref('stg_crm__campaign_sends') }} as sends
    inner join customer_records on sends.identity_record_key = customer_records.identity_record_key
    where not sends.is_control_group and coalesce(sends.clicked_at, sends.opened_at) is not null
    union all
    select
        linked.customer_id,
        case cases.channel when 'form' then 'email' else cases.channel end as channel,
        cases.opened_at as occurred_at
    from {{ ref('int_cases_identified') }} as cases
    inner join {{ ref('int_cases_linked') }} as linked on cases.case_id = linked.case_id
    where linked.customer_id <> 'unknown' and not linked.is_mirror
    union all
    select
        customer_records.customer_id,
        'visit' as channel,
        sessions.started_at as occurred_at
    from {{ ref('int_sessions_derived') }} as sessions
    inner join customer_records on sessions.identity_record_key = customer_records.identity_record_key
)

select
    habits.customer_id,
    habits.channel,
    {{ to_company_date('habits.occurred_at') }} as occurred_date,
    {{ to_company_hour('habits.occurred_at') }} as occurred_hour
from habits
cross join bounds
where habits.occurred_at >= cast(bounds.first_date as timestamp)
