with

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

rfm_cells as (
    select * from {{ ref('int_customer_rfm_classified') }}
),

current_stages as (
    select * from {{ ref('int_customer_stages_derived') }}
    where is_current
),

bounds as (
    select {{ as_of_date() }} as as_of_date
)

select
    customers.customer_id,
    customers.account_id,
    coalesce(rfm_cells.rfm_cell, 'none') as segment,
    coalesce(customers.region, 'unknown') as region,
    coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
    {{ age_group('customers.birth_date', 'bounds.as_of_date') }} as age_group,
    coalesce(current_stages.stage, 'unknown') as lifecycle_stage
from customers
cross join bounds
left join rfm_cells on customers.customer_id = rfm_cells.customer_id
left join current_stages on customers.customer_id = current_stages.customer_id
