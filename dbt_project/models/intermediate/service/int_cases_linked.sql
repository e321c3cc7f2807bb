with

problems_of_cases as (
    select * from {{ ref('int_case_problems_inferred') }}
),

costed as (
    select * from {{ ref('int_cases_costed') }}
),

contacts as (
    select
        problems_of_cases.*,
        costed.opened_at,
        costed.last_contact_at
    from problems_of_cases
    inner join costed on problems_of_cases.case_id = costed.case_id
),

-- Who has the problem and what it is about says its first case; who is unknown there, another of its cases.
shared_problems as (
    select
        problem_id,
        coalesce(
            max(case when case_id = problem_id then nullif(customer_id, 'unknown') end),
            min(nullif(customer_id, 'unknown')),
            'unknown'
        ) as customer_id,
        max(case when case_id = problem_id then topic end) as topic,
        count(distinct contact_id) as contacts_count,
        min(opened_at) as first_contact_at,
        max(last_contact_at) as last_contact_at
    from contacts
    where link_rule <> 'single'
    group by problem_id
),

problems as (
    select * from shared_problems
    union all
    select
        problem_id,
        customer_id,
        topic,
        1 as contacts_count,
        opened_at as first_contact_at,
        last_contact_at
    from contacts
    where link_rule = 'single'
),

shared_contacts as (
    select
        problem_id,
        contact_id,
        min(opened_at) as contacted_at,
        max(last_contact_at) as last_contact_at
    from contacts
    where link_rule <> 'single'
    group by problem_id, contact_id
),

-- A contact that another one of the same problem follows.
followed as (
    select
        *,
        lead(contact_id) over (partition by problem_id order by contacted_at, contact_id) as next_contact_id
    from shared_contacts
),

with_neighbours as (
    select
        *,
        max(last_contact_at) over (
            partition by customer_id, topic order by first_contact_at, problem_id
            rows between unbounded preceding and 1 preceding
        ) as previous_contact_at,
        lead(first_contact_at) over (
            partition by customer_id, topic order by first_contact_at, problem_id
        ) as next_contact_at
    from problems
    where customer_id <> 'unknown' and topic <> 'unknown'
),

marked as (
    select
        problem_id,
        customer_id,
        topic,
        first_contact_at,
        next_contact_at,
        coalesce(
            {{ dbt.datediff('previous_contact_at', 'first_contact_at', 'second') }}
            <= 86400 * {{ var('recontact_days') }},
            false
        ) as is_recontact
    from with_neighbours
),

customers_with_recontacts as (
    select distinct
        customer_id,
        topic
    from marked
    where is_recontact
),

-- Most problems are concerns of their own; only where somebody came back they are counted through.
numbered as (
    select
        marked.*,
        sum(case when marked.is_recontact then 0 else 1 end) over (
            partition by marked.customer_id, marked.topic order by marked.first_contact_at, marked.problem_id
            rows between unbounded preceding and current row
        ) as concern_number
    from marked
    inner join customers_with_recontacts
        on marked.customer_id = customers_with_recontacts.customer_id
        and marked.topic = customers_with_recontacts.topic
),

concerns as (
    select
        problem_id,
        first_value(problem_id) over (
            partition by customer_id, topic, concern_number order by first_contact_at, problem_id
        ) as concern_id
    from numbered
),

described as (
    select
        problems.*,
        coalesce(concerns.concern_id, problems.problem_id) as concern_id,
        marked.next_contact_at
    from problems
    left join marked on problems.problem_id = marked.problem_id
    left join concerns on problems.problem_id = concerns.problem_id
)

select
    problems_of_cases.case_id,
    problems_of_cases.problem_id,
    problems_of_cases.contact_id,
    described.concern_id,
    problems_of_cases.customer_id,
    described.customer_id as problem_customer_id,
    problems_of_cases.topic,
    problems_of_cases.link_rule,
    problems_of_cases.case_id = problems_of_cases.problem_id as is_first_of_problem,
    problems_of_cases.case_id = described.concern_id as is_first_of_concern,
    problems_of_cases.case_id <> problems_of_cases.contact_id as is_mirror,
    described.contacts_count as problem_contacts_count,
    followed.next_contact_id is not null as is_followed_in_problem,
    case
        when followed.next_contact_id is not null then followed.last_contact_at else described.last_contact_at
    end as last_contact_at,
    described.next_contact_at as problem_next_contact_at
from problems_of_cases
inner join described on problems_of_cases.problem_id = described.problem_id
left join followed on problems_of_cases.contact_id = followed.contact_id
