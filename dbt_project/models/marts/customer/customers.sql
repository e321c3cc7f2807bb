with

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

order_totals as (
    select * from {{ ref('int_customer_orders_summarised') }}
),

feedback_totals as (
    select * from {{ ref('int_customer_feedback_summarised') }}
),

consents as (
    select * from {{ ref('int_customer_consents_resolved') }}
),

households as (
    select * from {{ ref('int_households_formed') }}
),

customer_values as (
    select * from {{ ref('customer_values') }}
),

segments as (
    select * from {{ ref('stg_ml__customer_segments') }}
    where segmentation = 'rfm'
)

select
    customers.customer_id,
    customers.account_id,
    households.household_id,
    customers.acquisition_campaign_id,
    segments.segment_id,

    customers.is_known_to_crm,
    customers.records_count,
    coalesce(customers.customer_type, 'unknown') as customer_type,
    customers.title,
    customers.first_name,
    customers.last_name,
    customers.company_name,
    customers.email,
    customers.phone,
    customers.street,
    customers.postal_code,
    substring(customers.postal_code, 1, 2) as postal_area,
    customers.city,
    customers.region,
    customers.country,
    customers.language,
    customers.gender,
    cast(extract(year from customers.birth_date) as integer) as birth_year,
    customers.acquisition_channel,
    customers.acquisition_cost,
    customers.loyalty_tier,
    customers.created_date,

    coalesce(order_totals.orders_count, 0) as orders_count,
    order_totals.first_order_date,
    order_totals.last_order_date,
    coalesce(order_totals.revenue, {{ money('0') }}) as revenue,
    order_totals.margin,
    coalesce(order_totals.returned_amount, {{ money('0') }}) as returned_amount,
    cast(coalesce(order_totals.orders_with_return_count, 0) as bigint) as orders_with_return_count,
    customer_values.past_value,
    customer_values.lifetime_value_36_months,
    customer_values.churn_probability,
    '{{ var("reporting_currency") }}' as currency,

    coalesce(feedback_totals.feedback_count, 0) as feedback_count,
    feedback_totals.mean_polarity,
    feedback_totals.latest_nps_class,
    feedback_totals.last_feedback_date,
    coalesce(feedback_totals.cases_count, 0) as cases_count,
    feedback_totals.last_case_date,

    coalesce(consents.has_marketing_consent, false) as has_marketing_consent,
    coalesce(consents.has_profiling_consent, false) as has_profiling_consent,
    coalesce(consents.has_research_consent, false) as has_research_consent,
    coalesce(consents.has_quotation_consent, false) as has_quotation_consent
from customers
left join order_totals on customers.customer_id = order_totals.customer_id
left join feedback_totals on customers.customer_id = feedback_totals.customer_id
left join consents on customers.customer_id = consents.customer_id
left join households on customers.household_key = households.household_id
left join customer_values on customers.customer_id = customer_values.customer_id
left join segments on customers.customer_id = segments.customer_id
