with

bounds as (
    select
        {{ as_of_date() }} as as_of_date,
        {{ dbt.dateadd('day', -1 * var('device_signal_days'), as_of_date()) }} as first_signal_date
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

cases as (
    select * from {{ ref('cases') }}
    where customer_id <> 'unknown'
),

open_cases as (
    select
        cases.customer_id,
        'open_case' as reason,
        cases.case_id as subject_id,
        cases.case_id,
        cases.opened_date as needed_since_date,
        cast(null as string) as signal,
        cases.product_id,
        cast(1 as bigint) as signals_count
    from cases
    inner join {{ ref('int_cases_measured') }} as measured on cases.case_id = measured.case_id
    cross join bounds
    where
        cases.opened_date <= bounds.as_of_date
        and (measured.closed_date is null or measured.closed_date > bounds.as_of_date)
        and not cases.is_mirror
),

signals as (
    select
        customer_records.customer_id,
        events.signal,
        max(events.product_id) as product_id,
        min(events.occurred_date) as first_date,
        max(events.occurred_date) as last_date,
        count(*) as signals_count
    from {{ ref('int_events_sessionised') }} as events
    inner join customer_records on events.identity_record_key = customer_records.identity_record_key
    cross join bounds
    where
        events.event_type = 'device_signal'
        and events.signal is not null
        and events.occurred_date > bounds.first_signal_date
        and events.occurred_date <= bounds.as_of_date
    group by customer_records.customer_id, events.signal
),

-- Who has a case since the signals began is being helped.
helped as (
    select distinct
        signals.customer_id,
        signals.signal
    from signals
    inner join cases
        on signals.customer_id = cases.customer_id
        and signals.first_date <= cases.opened_date
),

faults as (
    select
        signals.customer_id,
        'device_fault' as reason,
        signals.signal as subject_id,
        cast(null as string) as case_id,
        signals.last_date as needed_since_date,
        signals.signal,
        signals.product_id,
        signals.signals_count
    from signals
    left join helped
        on signals.customer_id = helped.customer_id
        and signals.signal = helped.signal
    where helped.customer_id is null and signals.signals_count >= {{ var('device_signal_minimum') }}
)

select * from open_cases
union all
select * from faults
