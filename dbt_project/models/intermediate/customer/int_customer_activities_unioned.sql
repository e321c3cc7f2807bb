with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

activities as (
    select
        identity_record_key,
        'order' as activity_type,
        ordered_date as started_date,
        ordered_date as ended_date
    from {{ ref('int_orders_completed') }}
    where not is_cancelled and ordered_date is not null
    union all
    select
        identity_record_key,
        'contract' as activity_type,
        started_date,
        ended_date
    from {{ ref('stg_crm__contracts') }}
    where started_date is not null and (ended_date is null or ended_date >= started_date)
)

select
    customer_records.customer_id,
    activities.activity_type,
    activities.started_date,
    least(coalesce(activities.ended_date, calendar.as_of_date), calendar.as_of_date) as ended_date
from activities
inner join customer_records on activities.identity_record_key = customer_records.identity_record_key
inner join calendar on activities.started_date <= calendar.as_of_date
