with

versions as (
    select * from {{ ref('stg_crm__customer_versions') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
)

select
    customer_records.customer_id,
    versions.identity_record_key,
    customer_records.household_key,
    versions.source_system,
    {%- for column in survivorship_columns() if column != 'acquisition_cost' %}
    versions.{{ column }},
    {%- endfor %}
    {{ to_reporting_currency('versions.acquisition_cost', 'rates.rate_to_reporting') }} as acquisition_cost,
    versions.created_at,
    versions.created_date,
    versions.version_at,
    versions.valid_from,
    versions.valid_to
from versions
inner join customer_records on versions.identity_record_key = customer_records.identity_record_key
left join rates on versions.currency = rates.currency
