{{ config(meta={'dagster': {'ref': {'name': 'touchpoint_scorecard'}}}) }}
-- Months, channels and outcomes add up to the total of each touchpoint, and this to its contacts.
with

contacts as (
    select
        touchpoint_type,
        count(*) as contacts_count
    from {{ ref('touchpoints') }}
    where not is_listening and occurred_date is not null
    group by touchpoint_type
),

cells as (
    select
        touchpoint_type,
        case when month_start is null then 'all' else 'month' end
        || case when channel = 'all' then ' all' else ' channel' end
        || case when outcome = 'all' then ' all' else ' outcome' end as level_of_detail,
        sum(contacts_count) as contacts_count
    from {{ ref('int_touchpoint_cells_counted') }}
    group by 1, 2
)

select
    cells.touchpoint_type,
    cells.level_of_detail,
    cells.contacts_count as cells_count,
    contacts.contacts_count
from cells
full outer join contacts on cells.touchpoint_type = contacts.touchpoint_type
where coalesce(cells.contacts_count, 0) <> coalesce(contacts.contacts_count, 0)
