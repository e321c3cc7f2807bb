{{ config(meta={'dagster': {'ref': {'name': 'training_needs'}}}) }}
-- Where the company says how many people its teams have, no team of few is told of, proposed or decided on.
with

team_sizes as (
    select * from {{ ref('team_sizes') }}
),

trainings as (
    select
        issue,
        {{ dbt.split_part('issue', "'/'", -1) }} as topic
    from {{ ref('improvement_effects') }}
    where kind = 'training' and coalesce(before_value, after_value, change) is not null
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
union all
select trainings.issue
from trainings
left join team_sizes on trainings.issue = team_sizes.team || '/' || trainings.topic
where
    coalesce(team_sizes.employees_count, 0) < {{ var('employee_cell_minimum') }}
    and (select count(*) from team_sizes) > 0
