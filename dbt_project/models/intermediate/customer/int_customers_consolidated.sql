{#- Per attribute the latest known value of the customer's CRM records. -#}
{%- set attributes = [
    'customer_type', 'title', 'first_name', 'last_name', 'company_name', 'email', 'phone', 'birth_date',
    'gender', 'street', 'postal_code', 'city', 'region', 'country', 'language', 'account_id',
    'acquisition_channel', 'acquisition_campaign_id', 'acquisition_cost', 'loyalty_tier', 'loyalty_joined_at',
] -%}
with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

identity_records as (
    select * from {{ ref('int_identity_records_unioned') }}
),

crm_customers as (
    select * from {{ ref('stg_crm__customers') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

members as (
    select
        customer_records.customer_id,
        customer_records.identity_record_key,
        identity_records.is_known_to_crm,
        crm_customers.version_at,
        crm_customers.created_date,
        {%- for attribute in attributes if attribute != 'acquisition_cost' %}
        crm_customers.{{ attribute }},
        {%- endfor %}
        {{ to_reporting_currency('crm_customers.acquisition_cost', 'rates.rate_to_reporting') }} as acquisition_cost
    from customer_records
    inner join identity_records on customer_records.identity_record_key = identity_records.record_key
    left join crm_customers on customer_records.identity_record_key = crm_customers.identity_record_key
    left join rates on crm_customers.currency = rates.currency
),

survivors as (
    select
        customer_id,
        count(*) over (partition by customer_id) as records_count,
        max(case when is_known_to_crm then 1 else 0 end) over (partition by customer_id) as known_flag,
        min(created_date) over (partition by customer_id) as created_date,
        {%- for attribute in attributes %}
        {{ first_known(attribute, 'newest_first') }} as {{ attribute }},
        {%- endfor %}
        row_number() over (partition by customer_id order by identity_record_key) as member_rank
    from members
    window newest_first as (
        partition by customer_id
        order by version_at desc nulls last, identity_record_key
        rows between unbounded preceding and unbounded following
    )
)

select
    customer_id,
    records_count,
    known_flag = 1 as is_known_to_crm,
    created_date,
    {{ attributes | join(',\n    ') }}
from survivors
where member_rank = 1
