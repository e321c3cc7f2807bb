with

contracts as (
    select * from {{ ref('stg_crm__contracts') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

dated as (
    select
        contracts.contract_id,
        contracts.identity_record_key,
        contracts.started_date,
        contracts.ended_date,
        contracts.ended_date is not null and contracts.ended_date <= calendar.as_of_date as is_ended,
        calendar.as_of_date,
        cast(contracts.fee_amount * rates.rate_to_reporting as double)
        / case contracts.fee_period when 'year' then 12 when 'quarter' then 3 else 1 end as monthly_fee
    from contracts
    left join rates on contracts.currency = rates.currency
    cross join calendar
    where
        contracts.identity_record_key is not null
        and contracts.started_date <= calendar.as_of_date
        and (contracts.ended_date is null or contracts.ended_date >= contracts.started_date)
)

-- A fee is due for every month that has begun. A contract ends in a month of its tenure: the first, if within it.
select
    contract_id,
    identity_record_key,
    started_date,
    ended_date,
    is_ended,
    coalesce(monthly_fee, 0.0) as monthly_fee,
    {{ dbt.datediff('started_date', 'case when is_ended then ended_date else as_of_date end', 'day') }} as run_days,
    case when not is_ended then {{ dbt.datediff('as_of_date', 'ended_date', 'day') }} end as days_to_planned_end,
    {{ money(
        'coalesce(monthly_fee, 0.0) * (1 + floor('
        ~ dbt.datediff('started_date', 'case when is_ended then ended_date else as_of_date end', 'day')
        ~ ' / 30.4375))'
    ) }} as fees_so_far
from dated
