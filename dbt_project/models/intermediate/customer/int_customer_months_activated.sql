with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

contracts as (
    select * from {{ ref('stg_crm__contracts') }}
),

months as (
    select * from {{ ref('int_months_spanned') }}
),

months_with_orders as (
    select
        identity_record_key,
        {{ month_of('ordered_date') }} as month_start
    from orders
    where not is_cancelled and ordered_date is not null
),

months_with_contracts as (
    select
        contracts.identity_record_key,
        months.month_start
    from contracts
    inner join months
        on contracts.started_date < months.next_month_start
        and (contracts.ended_date is null or contracts.ended_date >= months.month_start)
),

activity as (
    select * from months_with_orders
    union all
    select * from months_with_contracts
)

select distinct
    customer_records.customer_id,
    activity.month_start,
    {{ month_number('activity.month_start') }} as month_number
from activity
inner join customer_records on activity.identity_record_key = customer_records.identity_record_key
