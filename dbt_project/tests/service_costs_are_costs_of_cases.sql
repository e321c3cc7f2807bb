{{ config(meta={'dagster': {'ref': {'name': 'service_costs'}}}) }}
-- What contacts cost is what cases cost, and every contact is one of its kinds once.
with

costs as (
    select
        sum(cost_amount) as cost_amount,
        sum(costs_count) as cases_count
    from {{ ref('service_costs') }}
    where cost_kind in ('first_contact', 'complaint', 'recontact', 'double_entry')
),

cases as (
    select
        sum(cost_amount) as cost_amount,
        count(*) as cases_count
    from {{ ref('cases') }}
    where opened_date is not null
)

select
    costs.cost_amount,
    cases.cost_amount as cases_cost_amount
from costs
cross join cases
where
    coalesce(costs.cost_amount, 0) <> coalesce(cases.cost_amount, 0)
    or coalesce(costs.cases_count, 0) <> cases.cases_count
