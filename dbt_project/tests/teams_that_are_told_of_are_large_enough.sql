{{ config(meta={'dagster': {'ref': {'name': 'training_needs'}}}) }}
-- Where the company says how many people its teams have, no team of few is told of.
with

team_sizes as (
    select * from {{ ref('team_sizes') }}
)

select needs.issue
from {{ ref('training_needs') }} as needs
left join team_sizes on needs.team = team_sizes.team
where
    needs.cases_count < {{ var('employee_cell_minimum') }}
    or (
        coalesce(team_sizes.employees_count, 0) < {{ var('employee_cell_minimum') }}
        and (select count(*) from team_sizes) > 0
    )
