{%- set rounds = var('case_link_rounds') -%}
with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

links as (
    select
        cases.case_id,
        cases.linked_case_id
    from cases
    inner join cases as linked_cases on cases.linked_case_id = linked_cases.case_id
    where cases.case_id <> cases.linked_case_id
),

neighbours as (
    select
        case_id,
        linked_case_id as neighbour_id
    from links
    union
    select
        linked_case_id as case_id,
        case_id as neighbour_id
    from links
    union
    select
        case_id,
        case_id as neighbour_id
    from links
    union
    select
        linked_case_id as case_id,
        linked_case_id as neighbour_id
    from links
),

-- Each round reads the one before once, so an engine that copies what it reads into place copies it once.
round_0 as (
    select
        case_id,
        min(neighbour_id) as link_group_id
    from neighbours
    group by case_id
)
{%- for number in range(1, rounds) %},

round_{{ number }} as (
    select
        neighbours.case_id,
        min(reached.link_group_id) as link_group_id
    from neighbours
    inner join round_{{ number - 1 }} as reached on neighbours.neighbour_id = reached.case_id
    group by neighbours.case_id
)
{%- endfor %}

select
    case_id,
    link_group_id
from round_{{ rounds - 1 }}
