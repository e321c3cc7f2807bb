with

promises as (
    select
        *,
        promised_amount * case when promised_unit = 'days' then 86400 else 3600 end as promised_seconds
    from {{ ref('service_promises') }}
),

identified as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where status <> 'cancelled' and has_order_record
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

as_of as (
    select {{ as_of_date() }} as as_of_date
),

kinds_of_case as (
    select distinct
        department,
        channel
    from identified
),

kinds_of_order as (
    select distinct channel from orders
),

-- `*` is looked up once per kind of case or order, so that the facts join by equality.
promises_of_cases as (
    select
        kinds_of_case.department,
        kinds_of_case.channel,
        promises.promise_id,
        promises.promise_type,
        promises.clock,
        promises.promised_seconds
    from promises
    cross join kinds_of_case
    where
        promises.promise_type in ('first_response', 'resolution')
        and promises.department in ('*', kinds_of_case.department)
        and promises.channel in ('*', kinds_of_case.channel)
),

promises_of_orders as (
    select
        kinds_of_order.channel,
        promises.promise_id,
        promises.promised_seconds
    from promises
    cross join kinds_of_order
    where
        promises.promise_type = 'delivery'
        and promises.channel in ('*', kinds_of_order.channel)
),

case_checks as (
    select
        promises.promise_id,
        identified.case_id as record_key,
        measured.person_key,
        identified.opened_date as promised_date,
        coalesce(
            promises.promised_seconds, {{ dbt.datediff('identified.opened_at', 'identified.promised_at', 'second') }}
        ) as promised_seconds,
        case
            when promises.promise_type = 'resolution' and promises.clock = 'business'
                then measured.resolution_business_seconds
            when promises.promise_type = 'resolution' then measured.resolution_time_seconds
            when promises.clock = 'business' then measured.first_response_business_seconds
            else measured.first_response_time_seconds
        end as actual_seconds,
        case
            when promises.clock = 'business' then measured.elapsed_business_seconds else measured.elapsed_seconds
        end as elapsed_seconds,
        measured.closed_date is null as is_pending
    from identified
    inner join measured on identified.case_id = measured.case_id
    inner join promises_of_cases as promises
        on identified.department = promises.department
        and identified.channel = promises.channel
),

-- Deliveries are promised by the day. What was never sent and promised nothing was taken along in the store.
order_checks as (
    select
        promises.promise_id,
        orders.order_id as record_key,
        coalesce(customer_records.customer_id, orders.order_id) as person_key,
        orders.ordered_date as promised_date,
        coalesce(
            promises.promised_seconds,
            86400 * {{ dbt.datediff('orders.ordered_date', 'orders.promised_date', 'day') }}
        ) as promised_seconds,
        86400 * {{ dbt.datediff('orders.ordered_date', 'orders.delivered_date', 'day') }} as actual_seconds,
        86400 * {{ dbt.datediff('orders.ordered_date', 'as_of.as_of_date', 'day') }} as elapsed_seconds,
        orders.promised_at is not null or orders.shipped_at is not null as is_pending
    from orders
    inner join promises_of_orders as promises on orders.channel = promises.channel
    left join customer_records on orders.identity_record_key = customer_records.identity_record_key
    cross join as_of
),

checked as (
    select * from case_checks
    union all
    select * from order_checks
),

judged as (
    select
        *,
        case
            when elapsed_seconds <= promised_seconds then null
            when actual_seconds is not null then actual_seconds <= promised_seconds
            when is_pending then false
        end as is_kept
    from checked
    where promised_seconds is not null
)

select
    promise_id,
    record_key,
    person_key,
    promised_date,
    is_kept,
    (actual_seconds - promised_seconds) / 3600.0 as lateness_hours
from judged
where is_kept is not null
