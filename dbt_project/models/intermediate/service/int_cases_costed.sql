with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

case_reasons as (
    select * from {{ ref('case_reasons') }}
),

contact_costs as (
    select * from {{ ref('contact_costs') }}
),

limits as (
    select {{ dbt.dateadd('day', -1 * var('recontact_days'), as_of_date()) }} as recontacts_decided_date
),

-- The instant of one day once: time zones are what costs here.
decided as (
    select {{ from_company_time('cast(recontacts_decided_date as timestamp)') }} as recontacts_decided_at
    from limits
)

select
    cases.case_id,
    coalesce(case_reasons.topic, cases.reason) as topic,
    cases.opened_at,
    greatest(
        cases.opened_at,
        coalesce(cases.reopened_at, cases.opened_at),
        coalesce(cases.resolved_at, cases.opened_at)
    ) as last_contact_at,
    decided.recontacts_decided_at,
    coalesce(cases.cost_amount, for_channel.cost_amount, for_all.cost_amount) as cost_amount,
    cases.cost_amount is null
    and coalesce(for_channel.cost_amount, for_all.cost_amount) is not null as is_cost_estimated
from cases
cross join decided
left join case_reasons on cases.reason = case_reasons.reason
left join contact_costs as for_channel on cases.channel = for_channel.channel
left join contact_costs as for_all on for_all.channel = '*'
