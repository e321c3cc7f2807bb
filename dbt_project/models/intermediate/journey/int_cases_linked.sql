with

problems_of_cases as (
    select * from {{ ref('int_case_problems_inferred') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

-- Who has the problem and what it is about says its first case; who is unknown there, another of its cases.
problems as (
    select
        problems_of_cases.problem_id,
        coalesce(
            max(
                case
                    when problems_of_cases.case_id = problems_of_cases.problem_id
                        then nullif(problems_of_cases.customer_id, 'unknown')
                end
            ),
            min(nullif(problems_of_cases.customer_id, 'unknown')),
            'unknown'
        ) as customer_id,
        max(
            case when problems_of_cases.case_id = problems_of_cases.problem_id then problems_of_cases.topic end
        ) as topic,
        count(*) as cases_count,
        min(cases.opened_at) as first_contact_at,
        max(
            greatest(
                cases.opened_at,
                coalesce(cases.reopened_at, cases.opened_at),
                coalesce(cases.resolved_at, cases.opened_at)
            )
        ) as last_contact_at
    from problems_of_cases
    inner join cases on problems_of_cases.case_id = cases.case_id
    group by problems_of_cases.problem_id
),

threads as (
    select
        *,
        case
            when customer_id = 'unknown' or topic = 'unknown' then problem_id
            else customer_id || '|' || topic
        end as thread_key
    from problems
),

with_neighbours as (
    select
        *,
        max(last_contact_at) over (
            partition by thread_key order by first_contact_at, problem_id
            rows between unbounded preceding and 1 preceding
        ) as previous_contact_at,
        lead(first_contact_at) over (
            partition by thread_key order by first_contact_at, problem_id
        ) as next_contact_at
    from threads
),

numbered as (
    select
        *,
        sum(
            case
                when
                    {{ dbt.datediff('previous_contact_at', 'first_contact_at', 'second') }}
                    <= 86400 * {{ var('recontact_days') }}
                    then 0
                else 1
            end
        ) over (
            partition by thread_key order by first_contact_at, problem_id
            rows between unbounded preceding and current row
        ) as concern_number
    from with_neighbours
),

concerns as (
    select
        *,
        first_value(problem_id) over (
            partition by thread_key, concern_number order by first_contact_at, problem_id
        ) as concern_id
    from numbered
)

select
    problems_of_cases.case_id,
    problems_of_cases.problem_id,
    concerns.concern_id,
    problems_of_cases.customer_id,
    concerns.customer_id as problem_customer_id,
    problems_of_cases.topic,
    problems_of_cases.link_rule,
    problems_of_cases.case_id = problems_of_cases.problem_id as is_first_of_problem,
    problems_of_cases.case_id = concerns.concern_id as is_first_of_concern,
    concerns.cases_count as problem_cases_count,
    concerns.last_contact_at as problem_last_contact_at,
    concerns.next_contact_at as problem_next_contact_at
from problems_of_cases
inner join concerns on problems_of_cases.problem_id = concerns.problem_id
