with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

series as (
    select numbers.generated_number from ({{ dbt.generate_series(18300) }}) as numbers
),

days as (
    select
        cast({{ dbt.dateadd('day', '1 - cast(series.generated_number as integer)', as_of_date()) }} as date)
            as backlog_date
    from series
),

-- Closed on the day it was opened is never open at the end of a day.
open_spells as (
    select
        cases.department,
        measured.person_key,
        cases.opened_date,
        measured.closed_date
    from cases
    inner join measured on cases.case_id = measured.case_id
    where cases.opened_date <= {{ as_of_date() }}
),

by_department as (
    select
        department,
        person_key,
        opened_date,
        closed_date
    from open_spells
    union all
    select
        'all' as department,
        person_key,
        opened_date,
        closed_date
    from open_spells
),

-- Cases of one person that overlap are one person waiting.
with_previous as (
    select
        *,
        max(coalesce(closed_date, {{ end_of_history() }})) over (
            partition by department, person_key order by opened_date, closed_date nulls last
            rows between unbounded preceding and 1 preceding
        ) as previous_closed_date
    from by_department
    where closed_date is null or closed_date > opened_date
),

numbered as (
    select
        *,
        sum(case when opened_date <= previous_closed_date then 0 else 1 end) over (
            partition by department, person_key order by opened_date, closed_date nulls last
            rows between unbounded preceding and current row
        ) as wait_number
    from with_previous
),

waits as (
    select
        department,
        person_key,
        min(opened_date) as opened_date,
        max(coalesce(closed_date, {{ end_of_history() }})) as closed_date
    from numbered
    group by department, person_key, wait_number
),

changes as (
    select
        department,
        opened_date as backlog_date,
        1 as opened_count,
        0 as closed_count,
        0 as people_change
    from by_department
    union all
    select
        department,
        greatest(opened_date, closed_date) as backlog_date,
        0 as opened_count,
        1 as closed_count,
        0 as people_change
    from by_department
    where closed_date is not null
    union all
    select
        department,
        opened_date as backlog_date,
        0 as opened_count,
        0 as closed_count,
        1 as people_change
    from waits
    union all
    select
        department,
        closed_date as backlog_date,
        0 as opened_count,
        0 as closed_count,
        -1 as people_change
    from waits
),

daily as (
    select
        department,
        backlog_date,
        sum(opened_count) as opened_count,
        sum(closed_count) as closed_count,
        sum(people_change) as people_change
    from changes
    group by department, backlog_date
),

departments as (
    select
        department,
        min(backlog_date) as first_date
    from daily
    group by department
),

filled as (
    select
        departments.department,
        days.backlog_date,
        coalesce(daily.opened_count, 0) as opened_count,
        coalesce(daily.closed_count, 0) as closed_count,
        coalesce(daily.people_change, 0) as people_change
    from departments
    inner join days on departments.first_date <= days.backlog_date
    left join daily on departments.department = daily.department and days.backlog_date = daily.backlog_date
)

select
    department,
    backlog_date,
    cast(opened_count as bigint) as opened_count,
    cast(closed_count as bigint) as closed_count,
    cast(
        sum(opened_count - closed_count) over (
            partition by department order by backlog_date rows between unbounded preceding and current row
        ) as bigint
    ) as open_cases_count,
    cast(
        sum(people_change) over (
            partition by department order by backlog_date rows between unbounded preceding and current row
        ) as bigint
    ) as waiting_customers_count
from filled
