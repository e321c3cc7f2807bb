with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

identity_records as (
    select * from {{ ref('int_identity_records_unioned') }}
),

crm_customers as (
    select * from {{ ref('stg_crm__customers') }}
)

select
    customer_records.identity_record_key as record_key,
    customer_records.customer_id,
    crm_customers.source_record_ref,
    identity_records.entity,
    identity_records.source_system,
    identity_records.is_known_to_crm,
    customer_records.is_senior,
    customer_records.match_rule,
    customer_records.match_score,
    identity_records.first_load_sequence
from customer_records
inner join identity_records on customer_records.identity_record_key = identity_records.record_key
left join crm_customers on customer_records.identity_record_key = crm_customers.identity_record_key
