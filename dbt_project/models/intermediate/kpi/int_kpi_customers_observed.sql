with

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

dimensions as (
    select * from {{ ref('int_customer_dimensions') }}
),

tenures as (
    select * from {{ ref('int_customer_tenures_derived') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

referred_customers as (
    select distinct customer_records.customer_id
    from {{ ref('stg_crm__referrals') }} as referrals
    inner join customer_records on referrals.referred_customer_key = customer_records.identity_record_key
)

-- Won with the first order or contract; who is only on record is not won.
select
    customers.customer_id as record_key,
    tenures.first_activity_date as observed_date,
    customers.customer_id as person_key,
    true as is_known_customer,

    dimensions.segment,
    dimensions.region,
    dimensions.acquisition_channel,
    dimensions.account_id as account,

    customers.acquisition_cost,
    case when referred_customers.customer_id is not null then 1 else 0 end as is_referred
from customers
left join dimensions on customers.customer_id = dimensions.customer_id
inner join tenures on customers.customer_id = tenures.customer_id
left join referred_customers on customers.customer_id = referred_customers.customer_id
