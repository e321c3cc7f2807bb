with

crm_customers as (
    select * from {{ ref('stg_crm__customers') }}
)

select
    identity_record_key as record_key,
    source_system,
    customer_type,
    title,
    first_name,
    last_name,
    company_name,
    birth_date,
    gender,
    street,
    postal_code,
    city,
    country
from crm_customers
where
    coalesce(first_name, last_name, company_name, street, postal_code, city) is not null
    or birth_date is not null
