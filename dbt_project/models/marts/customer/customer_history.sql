{#- What a period is made of; where one of these differs from the day before, a new period begins. -#}
{%- set attributes = [
    'account_id', 'acquisition_campaign_id', 'customer_type', 'title', 'first_name', 'last_name', 'company_name',
    'email', 'phone', 'street', 'postal_code', 'city', 'region', 'country', 'language', 'gender', 'birth_year',
    'acquisition_channel', 'acquisition_cost', 'loyalty_tier',
] -%}
with

customers as (
    select
        *,
        cast(extract(year from birth_date) as integer) as birth_year
    from {{ ref('int_customers_consolidated') }}
),

states as (
    select
        *,
        cast(extract(year from birth_date) as integer) as birth_year
    from {{ ref('int_customer_states_consolidated') }}
),

changed_customers as (
    select distinct customer_id
    from states
),

compared_states as (
    select
        *,
        lag(attributes_key) over (partition by customer_id order by state_date) as previous_attributes_key
    from (
        select
            *,
            {{ dbt.hash(dbt.concat(joined_columns(attributes))) }} as attributes_key
        from states
    ) as keyed_states
),

changes as (
    select
        *,
        case when previous_attributes_key is null then {{ beginning_of_history() }} else state_date end as valid_from
    from compared_states
    where previous_attributes_key is null or attributes_key <> previous_attributes_key
),

-- Who is in no CRM, and who never changed, has one period.
periods as (
    select
        customer_id,
        {%- for attribute in attributes %}
        {{ attribute }},
        {%- endfor %}
        valid_from,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_valid_from,
        row_number() over (partition by customer_id order by valid_from) as customer_version_number
    from changes
    union all
    select
        customers.customer_id,
        {%- for attribute in attributes %}
        customers.{{ attribute }},
        {%- endfor %}
        {{ beginning_of_history() }} as valid_from,
        cast(null as date) as next_valid_from,
        1 as customer_version_number
    from customers
    left join changed_customers on customers.customer_id = changed_customers.customer_id
    where changed_customers.customer_id is null
)

select
    customer_id,
    account_id,
    acquisition_campaign_id,

    customer_version_number,
    valid_from,
    coalesce(next_valid_from, {{ end_of_history() }}) as valid_to,
    next_valid_from is null as is_current,

    coalesce(customer_type, 'unknown') as customer_type,
    title,
    first_name,
    last_name,
    company_name,
    email,
    phone,
    street,
    postal_code,
    substring(postal_code, 1, 2) as postal_area,
    city,
    region,
    country,
    language,
    gender,
    birth_year,
    acquisition_channel,
    acquisition_cost,
    loyalty_tier
from periods
