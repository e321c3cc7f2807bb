{{ config(meta={'dagster': {'ref': {'name': 'int_cases_linked'}}}) }}
-- A problem without an explicit link has one known customer, one topic and one case per system.
select
    cases.problem_id,
    count(*) as cases_count
from {{ ref('int_cases_linked') }} as cases
inner join {{ ref('int_cases_identified') }} as identified on cases.case_id = identified.case_id
group by cases.problem_id
having
    max(case when cases.link_rule = 'explicit' then 1 else 0 end) = 0
    and count(*) > 1
    and (
        count(distinct identified.source_system) < count(*)
        or count(distinct cases.topic) > 1
        or count(distinct cases.customer_id) > 1
        or max(cases.customer_id) = 'unknown'
    )
