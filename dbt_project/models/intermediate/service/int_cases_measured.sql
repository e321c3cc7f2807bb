{%- set instants = {'opened': 'opened_at', 'first_response': 'first_response_at', 'settled': 'settled_at'} -%}
with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

linked as (
    select * from {{ ref('int_cases_linked') }}
),

costed as (
    select * from {{ ref('int_cases_costed') }}
),

days as (
    select * from {{ ref('int_business_days_counted') }}
),

departments as (
    select distinct department from {{ ref('service_hours') }}
),

as_of_days as (
    select {{ as_of_date() }} as as_of_date
),

-- The instant of the day once instead of the day of every instant: time zones are what costs here.
as_of as (
    select
        as_of_date,
        {{ from_company_time('cast(as_of_date as timestamp)') }} as as_of_at
    from as_of_days
),

-- Opened again after the last resolution is open; who gave up waiting was not helped.
settled as (
    select
        *,
        case when not is_abandoned and not coalesce(reopened_at > resolved_at, false) then resolved_at end as settled_at,
        is_abandoned or {{ is_ended_status('status') }} as is_ended
    from cases
),

dated as (
    select
        settled.*,
        linked.problem_id,
        linked.concern_id,
        linked.is_first_of_problem,
        linked.link_rule,
        linked.is_mirror,
        linked.problem_contacts_count,
        case when linked.customer_id = 'unknown' then settled.case_id else linked.customer_id end as person_key,
        coalesce(departments.department, '*') as hours_of,
        {{ to_company_date('settled.first_response_at') }} as first_response_date,
        case when settled.settled_at is not null then settled.resolved_date end as settled_date,
        as_of.as_of_date,
        as_of.as_of_at,
        -- Whether somebody unknown came back, or about an unknown reason, cannot be told. Who came back early counts
        -- no earlier than who did not, or the newest periods would show those alone who did.
        case
            when linked.problem_customer_id = 'unknown' or linked.topic = 'unknown' then null
            when linked.last_contact_at >= costed.recontacts_decided_at then null
            when linked.is_followed_in_problem then true
            else coalesce(
                {{ dbt.datediff('linked.last_contact_at', 'linked.problem_next_contact_at', 'second') }}
                <= 86400 * {{ var('recontact_days') }},
                false
            )
        end as is_recontacted
    from settled
    inner join linked on settled.case_id = linked.case_id
    inner join costed on settled.case_id = costed.case_id
    left join departments on settled.department = departments.department
    cross join as_of
),

clocked as (
    select
        dated.*,
        {%- for name, instant in instants.items() %}
        {{ business_clock(name ~ '_days', 'dated.' ~ instant) }} as {{ name }}_clock,
        {%- endfor %}
        as_of_days.business_seconds_before as as_of_clock
    from dated
    {%- for name in instants %}
    left join days as {{ name }}_days
        on dated.hours_of = {{ name }}_days.department
        and dated.{{ name }}_date = {{ name }}_days.business_date
    {%- endfor %}
    left join days as as_of_days
        on dated.hours_of = as_of_days.department
        and dated.as_of_date = as_of_days.business_date
)

select
    clocked.case_id,
    clocked.problem_id,
    clocked.concern_id,
    clocked.person_key,
    clocked.is_first_of_problem,
    clocked.is_mirror,
    clocked.link_rule,
    clocked.settled_at is not null as is_resolved,
    coalesce(
        clocked.settled_date,
        case when clocked.is_abandoned then coalesce(clocked.resolved_date, clocked.opened_date) end,
        case when clocked.is_ended then coalesce(clocked.first_response_date, clocked.opened_date) end
    ) as closed_date,
    {{ dbt.datediff('clocked.opened_at', 'clocked.first_response_at', 'second') }} as first_response_time_seconds,
    {{ dbt.datediff('clocked.opened_at', 'clocked.settled_at', 'second') }} as resolution_time_seconds,
    {{ dbt.datediff('clocked.opened_at', 'clocked.as_of_at', 'second') }} as elapsed_seconds,
    cast(clocked.first_response_clock - clocked.opened_clock as bigint) as first_response_business_seconds,
    cast(clocked.settled_clock - clocked.opened_clock as bigint) as resolution_business_seconds,
    cast(clocked.as_of_clock - clocked.opened_clock as bigint) as elapsed_business_seconds,
    case
        when clocked.opened_date >= clocked.as_of_date then null
        when clocked.settled_at is not null then clocked.settled_date = clocked.opened_date
        when not clocked.is_ended then false
    end as is_resolved_same_day,
    case
        when {{ dbt.datediff('clocked.opened_at', 'clocked.as_of_at', 'second') }} <= 86400 * 7 then null
        when clocked.settled_at is not null
            then {{ dbt.datediff('clocked.opened_at', 'clocked.settled_at', 'second') }} <= 86400 * 7
        when not clocked.is_ended then false
    end as is_resolved_within_week,
    clocked.is_recontacted as is_recontacted_within_7_days,
    case
        when clocked.settled_at is null or clocked.is_recontacted is null then null
        else clocked.reopen_count = 0 and clocked.problem_contacts_count = 1 and not clocked.is_recontacted
    end as is_first_contact_resolved,
    case
        when not clocked.is_bot_handover or clocked.is_recontacted is null then null
        when clocked.settled_at is not null then clocked.reopen_count = 0 and not clocked.is_recontacted
        when clocked.is_abandoned then false
    end as is_handover_successful,
    case
        when clocked.promised_at >= clocked.as_of_at then null
        when clocked.first_response_at is not null then clocked.first_response_at <= clocked.promised_at
        when not clocked.is_ended and clocked.promised_at is not null then false
    end as is_response_promise_kept,
    {{ dbt.datediff('clocked.promised_at', 'clocked.first_response_at', 'second') }} / 3600.0 as response_lateness_hours,
    costed.cost_amount,
    costed.is_cost_estimated
from clocked
inner join costed on clocked.case_id = costed.case_id
