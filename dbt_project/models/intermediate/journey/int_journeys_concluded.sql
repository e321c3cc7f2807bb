{%- set lookback = var('journey_lookback_days') -%}
with

bounds as (
    select {{ as_of_date() }} as as_of_date
),

-- An order waits for its delivery until a look-back after the promise; then it counts as not delivered.
purchases as (
    select
        {{ dbt.hash("'journey|purchase|' || orders.order_id") }} as journey_id,
        orders.order_id,
        cast(null as string) as reason,
        orders.revenue,
        {{ dbt.datediff('orders.ordered_at', 'orders.delivered_at', 'second') }} as waiting_seconds,
        0 as bot_handovers_count,
        case
            when orders.is_cancelled then 'cancelled'
            when orders.has_return then 'returned'
            when orders.is_delivered_late then 'delivered_late'
            when orders.delivered_at is not null or orders.status = 'delivered' then 'delivered'
            when
                orders.promised_at is null and orders.shipped_at is null
                and orders.status not in ('created', 'shipped')
                then 'purchased'
            when
                bounds.as_of_date
                <= {{ dbt.dateadd('day', lookback, 'coalesce(orders.promised_date, orders.ordered_date)') }}
                then 'open'
            else 'not_delivered'
        end as outcome
    from {{ ref('int_orders_completed') }} as orders
    cross join bounds
),

concerns as (
    select
        {{ dbt.hash("'journey|' || journey_type || '|' || concern_id") }} as journey_id,
        cast(null as string) as order_id,
        reason,
        cast(null as decimal(18, 4)) as revenue,
        waiting_time_seconds as waiting_seconds,
        bot_handovers_count,
        case
            when is_open then 'open'
            when not is_resolved then 'unresolved'
            when reopen_count > 0 or problems_count > 1 then 'reopened'
            else 'resolved'
        end as outcome
    from {{ ref('int_concerns_summarised') }}
),

contracts as (
    select
        {{ dbt.hash("'journey|contract|' || contracts.contract_id") }} as journey_id,
        cast(null as string) as order_id,
        cast(null as string) as reason,
        cast(null as decimal(18, 4)) as revenue,
        cast(null as double) as waiting_seconds,
        0 as bot_handovers_count,
        case
            when contracts.cancelled_date is not null then 'cancelled'
            when contracts.ended_date <= bounds.as_of_date then 'ended'
            else 'open'
        end as outcome
    from {{ ref('stg_crm__contracts') }} as contracts
    cross join bounds
),

onboardings as (
    select
        onboardings.journey_id,
        cast(null as string) as order_id,
        cast(null as string) as reason,
        cast(null as decimal(18, 4)) as revenue,
        cast(null as double) as waiting_seconds,
        0 as bot_handovers_count,
        case
            when {{ to_company_date('onboardings.ends_at') }} > bounds.as_of_date then 'open'
            when onboardings.purchases_count > 1 then 'bought_again'
            else 'bought_once'
        end as outcome
    from {{ ref('int_onboardings_dated') }} as onboardings
    cross join bounds
)

select * from purchases
union all
select * from concerns
union all
select * from contracts
union all
select * from onboardings
