{#- Whether something is so, as 1 and 0; null where it cannot be told. -#}
{%- set flags = {
    'is_first_contact_resolved': 'measured.is_first_contact_resolved',
    'is_recontacted': 'measured.is_recontacted_within_7_days',
    'is_resolved_same_day': 'measured.is_resolved_same_day',
    'is_resolved_within_week': 'measured.is_resolved_within_week',
    'is_response_promise_kept': 'measured.is_response_promise_kept',
    'is_handed_over': 'cases.is_bot_handover',
    'is_handover_successful': 'measured.is_handover_successful',
    'is_abandoned': 'cases.is_abandoned',
    'is_first_of_problem': 'measured.is_first_of_problem',
} -%}
with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

-- A contact of nobody known counts as a person of its own.
select
    cases.case_id as record_key,
    cases.opened_date as observed_date,
    coalesce(customer_records.customer_id, cases.case_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    cases.channel,
    cases.store_id as store,
    coalesce(cases.partner, stores.partner) as partner,
    cases.department,
    cases.reason,
    reasons.topic,
    cases.product_id as product,
    products.category as product_category,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    coalesce(cases.account_id, customers.account_id) as account,

    {%- for flag, condition in flags.items() %}
    case when {{ condition }} then 1 when not {{ condition }} then 0 end as {{ flag }},
    {%- endfor %}
    case when measured.is_mirror then 0 else 1 end as is_contact,
    cases.waiting_time_seconds / 60.0 as waiting_minutes,
    {%- for time in ['first_response_time', 'first_response_business', 'resolution_time', 'resolution_business'] %}
    measured.{{ time }}_seconds / 3600.0 as {{ time }}_hours,
    {%- endfor %}
    measured.cost_amount
from cases
inner join measured on cases.case_id = measured.case_id
left join reasons on cases.reason = reasons.reason
left join products on cases.product_id = products.product_id
left join stores on cases.store_id = stores.store_id
left join customer_records on cases.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
