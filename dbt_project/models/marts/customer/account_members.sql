with

crm_customers as (
    select * from {{ ref('stg_crm__customers') }}
    where account_id is not null
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

-- An account that was named and never delivered has no members.
memberships as (
    select
        accounts.account_id,
        customer_records.customer_id,
        count(*) as records_count
    from crm_customers
    inner join accounts on crm_customers.account_id = accounts.account_id
    inner join customer_records on crm_customers.identity_record_key = customer_records.identity_record_key
    group by accounts.account_id, customer_records.customer_id
)

select
    memberships.account_id,
    memberships.customer_id,
    memberships.account_id = customers.account_id as is_main_account,
    memberships.records_count
from memberships
inner join customers on memberships.customer_id = customers.customer_id
