{{ config(meta={'dagster': {'ref': {'name': 'households'}}}) }}
-- A household has at least two customers, and its revenue is theirs.
with

members as (
    select
        household_id,
        count(*) as members_count,
        sum(revenue) as revenue
    from {{ ref('customers') }}
    where household_id is not null
    group by household_id
)

select
    households.household_id,
    households.members_count,
    members.members_count as found_count
from {{ ref('households') }} as households
full outer join members on households.household_id = members.household_id
where
    households.members_count is distinct from members.members_count
    or households.revenue is distinct from members.revenue
    or households.members_count < 2
