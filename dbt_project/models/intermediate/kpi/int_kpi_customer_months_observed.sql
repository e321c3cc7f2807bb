with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

first_months as (
    select
        customer_id,
        min(month_number) as first_month_number
    from customer_months
    group by customer_id
)

select
    customer_months.customer_id || '|' || cast(customer_months.month_start as string) as record_key,
    customer_months.month_start as observed_date,
    customer_months.customer_id as person_key,
    true as is_known_customer,

    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    1 as is_active,
    customer_months.month_number - first_months.first_month_number as tenure_months
from customer_months
inner join first_months on customer_months.customer_id = first_months.customer_id
left join customers on customer_months.customer_id = customers.customer_id
