{%- set horizons = [12, 24, 36] -%}
with

expected as (
    select * from {{ ref('stg_ml__customer_values') }}
),

past_values as (
    select * from {{ ref('int_customer_past_values_summed') }}
),

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

reasons as (
    select * from {{ ref('churn_reasons') }}
),

-- Amounts become exact here, once, so that every sum of them adds up.
valued as (
    select
        expected.*,
        coalesce(past_values.past_purchase_value, {{ money('0') }}) as past_purchase_value,
        coalesce(past_values.past_contract_value, {{ money('0') }}) as past_contract_value,
        coalesce(customers.acquisition_cost, {{ money('0') }}) as acquisition_cost,
        {%- for months in horizons %}
        {{ money('expected.future_value_' ~ months ~ '_months - expected.contract_value_' ~ months ~ '_months') }}
            as future_purchase_value_{{ months }},
        {{ money('expected.contract_value_' ~ months ~ '_months') }} as future_contract_value_{{ months }},
        {%- endfor %}
        customers.acquisition_cost is not null as has_acquisition_cost
    from expected
    left join past_values on expected.customer_id = past_values.customer_id
    left join customers on expected.customer_id = customers.customer_id
)

select
    valued.customer_id,
    valued.value_kind,
    valued.value_basis,

    valued.first_purchase_date,
    valued.last_purchase_date,
    valued.repeat_purchases,
    valued.recency_days,
    valued.observed_days,

    valued.probability_alive,
    valued.churn_probability,
    valued.churn_horizon_days,
    valued.churn_reason,
    reasons.meaning_en as churn_reason_en,
    reasons.meaning_de as churn_reason_de,
    valued.expected_next_purchase_date,
    {{ money('valued.expected_margin_per_purchase') }} as expected_margin_per_purchase,

    valued.past_purchase_value,
    valued.past_contract_value,
    valued.past_purchase_value + valued.past_contract_value as past_value,
    valued.acquisition_cost,
    valued.has_acquisition_cost,
    {%- for months in horizons %}

    valued.expected_purchases_{{ months }}_months,
    valued.future_purchase_value_{{ months }} as future_purchase_value_{{ months }}_months,
    valued.future_contract_value_{{ months }} as future_contract_value_{{ months }}_months,
    valued.future_purchase_value_{{ months }} + valued.future_contract_value_{{ months }}
        as future_value_{{ months }}_months,
    {{ money('valued.future_value_' ~ months ~ '_months_low') }} as future_value_{{ months }}_months_low,
    {{ money('valued.future_value_' ~ months ~ '_months_high') }} as future_value_{{ months }}_months_high,
    valued.past_purchase_value + valued.past_contract_value
    + valued.future_purchase_value_{{ months }} + valued.future_contract_value_{{ months }}
    - valued.acquisition_cost as lifetime_value_{{ months }}_months,
    {%- endfor %}

    '{{ var("reporting_currency") }}' as currency,
    valued.model_name,
    valued.model_version
from valued
left join reasons on valued.churn_reason = reasons.churn_reason
