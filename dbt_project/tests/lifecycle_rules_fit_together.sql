{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_rules'}}}) }}
-- Every stage has its row, new, at_risk, lost and won_back have days from 1 on, and who is lost was at risk before.
with

rules as (
    select
        count(*) as rules_count,
        min(case when stage in ('new', 'at_risk', 'lost', 'won_back') then coalesce(days, 0) end) as fewest_days,
        max(case when stage = 'at_risk' then days end) as at_risk_days,
        max(case when stage = 'lost' then days end) as lost_days
    from {{ ref('lifecycle_rules') }}
)

select *
from rules
where rules_count <> 6 or fewest_days < 1 or at_risk_days >= lost_days
