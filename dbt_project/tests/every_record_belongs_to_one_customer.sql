{{ config(meta={'dagster': {'ref': {'name': 'customer_records'}}}) }}
-- Every identity record is in exactly one customer, which has one senior record and as many as it says.
with

records as (
    select
        identity_records.record_key,
        count(customers.customer_id) as customers_count
    from {{ ref('int_identity_records_unioned') }} as identity_records
    left join {{ ref('customer_records') }} as customer_records
        on identity_records.record_key = customer_records.record_key
    left join {{ ref('customers') }} as customers
        on customer_records.customer_id = customers.customer_id
    group by identity_records.record_key
),

clusters as (
    select
        customers.customer_id,
        customers.records_count,
        count(customer_records.record_key) as found_count,
        sum(case when customer_records.is_senior then 1 else 0 end) as senior_count
    from {{ ref('customers') }} as customers
    left join {{ ref('customer_records') }} as customer_records
        on customers.customer_id = customer_records.customer_id
    group by customers.customer_id, customers.records_count
)

select record_key as record_or_customer
from records
where customers_count <> 1
union all
select customer_id as record_or_customer
from clusters
where found_count <> records_count or senior_count is distinct from 1
