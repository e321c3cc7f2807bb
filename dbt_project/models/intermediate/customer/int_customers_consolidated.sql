with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

identity_records as (
    select * from {{ ref('int_identity_records_unioned') }}
),

crm_records as (
    select * from {{ ref('int_customer_versions_identified') }}
    where valid_to is null
),

chosen_values as (
    select * from {{ ref('int_customer_values_chosen') }}
),

record_totals as (
    select
        customer_records.customer_id,
        count(*) as records_count,
        max(case when identity_records.is_known_to_crm then 1 else 0 end) = 1 as is_known_to_crm
    from customer_records
    inner join identity_records on customer_records.identity_record_key = identity_records.record_key
    group by customer_records.customer_id
),

created_dates as (
    select
        customer_id,
        min(created_date) as created_date
    from crm_records
    group by customer_id
),

-- A customer with several CRM records has chosen values; one with a single record has those of the record.
survivors as (
    select
        chosen_values.customer_id,
        {%- for column in survivorship_columns() %}
        chosen_values.{{ column }},
        {%- endfor %}
        customer_records.household_key
    from chosen_values
    left join customer_records on chosen_values.address_record_key = customer_records.identity_record_key
    union all
    select
        crm_records.customer_id,
        {%- for column in survivorship_columns() %}
        crm_records.{{ column }},
        {%- endfor %}
        crm_records.household_key
    from crm_records
    left join chosen_values on crm_records.customer_id = chosen_values.customer_id
    where chosen_values.customer_id is null
)

select
    record_totals.customer_id,
    survivors.household_key,
    record_totals.records_count,
    record_totals.is_known_to_crm,
    {%- for column in survivorship_columns() %}
    survivors.{{ column }},
    {%- endfor %}
    created_dates.created_date
from record_totals
left join created_dates on record_totals.customer_id = created_dates.customer_id
left join survivors on record_totals.customer_id = survivors.customer_id
