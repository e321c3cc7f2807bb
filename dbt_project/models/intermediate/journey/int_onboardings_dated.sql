with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

purchases as (
    select
        identity_record_key,
        ordered_at as bought_at
    from {{ ref('int_orders_completed') }}
    where not is_cancelled
    union all
    select
        identity_record_key,
        cast(started_date as timestamp) as bought_at
    from {{ ref('stg_crm__contracts') }}
),

customer_purchases as (
    select
        customer_records.customer_id,
        purchases.bought_at,
        min(purchases.bought_at) over (partition by customer_records.customer_id) as started_at
    from purchases
    inner join customer_records on purchases.identity_record_key = customer_records.identity_record_key
    where purchases.bought_at is not null
),

dated as (
    select
        *,
        {{ dbt.dateadd('day', var('onboarding_days'), 'started_at') }} as ends_at
    from customer_purchases
)

select
    customer_id,
    {{ dbt.hash("'journey|onboarding|' || customer_id") }} as journey_id,
    started_at,
    ends_at,
    count(case when bought_at < ends_at then 1 end) as purchases_count
from dated
group by customer_id, started_at, ends_at
