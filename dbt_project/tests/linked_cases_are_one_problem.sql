{{ config(meta={'dagster': {'ref': {'name': 'int_cases_linked'}}}) }}
-- No explicit link crosses two problems: chains longer than var case_link_rounds would.
select
    cases.case_id,
    cases.problem_id,
    linked_cases.problem_id as linked_problem_id
from {{ ref('int_cases_identified') }} as identified
inner join {{ ref('int_cases_linked') }} as cases on identified.case_id = cases.case_id
inner join {{ ref('int_cases_linked') }} as linked_cases on identified.linked_case_id = linked_cases.case_id
where cases.problem_id <> linked_cases.problem_id
