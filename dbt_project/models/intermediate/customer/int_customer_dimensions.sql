with

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

segments as (
    select * from {{ ref('stg_ml__customer_segments') }}
    where segmentation = 'rfm'
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
    coalesce(segments.segment_id, 'none') as segment,
    coalesce(customers.region, 'unknown') as region,
    coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
    {{ age_group('customers.birth_date', 'bounds.as_of_date') }} as age_group,
    coalesce(current_stages.stage, 'unknown') as lifecycle_stage
from customers
cross join bounds
left join segments on customers.customer_id = segments.customer_id
left join current_stages on customers.customer_id = current_stages.customer_id
