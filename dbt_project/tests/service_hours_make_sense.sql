{{ config(meta={'dagster': {'ref': {'name': 'service_hours'}}}) }}
-- One line per department and weekday, times such as 09:00 in order, one region per department, and `*`.
select
    department,
    'two lines for a weekday' as problem
from {{ ref('service_hours') }}
group by department, weekday
having count(*) > 1
union all
select
    department,
    'two regions' as problem
from {{ ref('service_hours') }}
group by department
having count(distinct region) > 1
union all
select
    department,
    'does not close after it opens' as problem
from {{ ref('service_hours') }}
where not (opens_at like '__:__' and closes_at like '__:__' and opens_at < closes_at and closes_at <= '24:00')
union all
select
    '*' as department,
    'no line for all departments' as problem
from {{ ref('service_hours') }}
having count(case when department = '*' then 1 end) = 0
