{{ config(meta={'dagster': {'ref': {'name': 'training_needs'}}}) }}
-- Where the company says how many people its teams have, no team of few is told of, proposed or decided on.
with

team_sizes as (
    select * from {{ ref('team_sizes') }}
),

decided as (
    select
        issue,
        {{ dbt.split_part('issue', "'/'", -1) }} as topic
    from {{ ref('improvement_effects') }}
    where kind = 'training' and coalesce(before_value, after_value, change) is not null
),

told as (
    select
        issue,
        team,
        cases_count
    from {{ ref('training_needs') }}
    union all
    select
        issue,
        substring(issue, 1, length(issue) - length(topic) - 1) as team,
        null as cases_count
    from decided
)

select told.issue
from told
left join team_sizes as sizes on told.team = sizes.team
where
    told.cases_count < {{ var('employee_cell_minimum') }}
    or (
        coalesce(sizes.employees_count, 0) < {{ var('employee_cell_minimum') }}
        and (select count(*) from team_sizes) > 0
    )
