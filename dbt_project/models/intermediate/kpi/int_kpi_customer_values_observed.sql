with

customer_values as (
    select * from {{ ref('stg_ml__customer_values') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
)

-- Active: bought within the activity window, or has a contract that brings something.
select
    customer_values.customer_id as record_key,
    calendar.as_of_date as observed_date,
    customer_values.customer_id as person_key,
    true as is_known_customer,

    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    customer_values.future_value_36_months
from customer_values
cross join calendar
left join customers on customer_values.customer_id = customers.customer_id
where
    customer_values.last_purchase_date
    > cast({{ dbt.dateadd('month', -1 * var('activity_window_months'), 'calendar.as_of_date') }} as date)
    or customer_values.contract_value_12_months > 0
