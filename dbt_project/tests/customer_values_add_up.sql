-- Parts of a value add up exactly, and intervals hold what they are about.
select customer_id
from {{ ref('customer_values') }}
where
    past_value <> past_purchase_value + past_contract_value
    {%- for months in [12, 24, 36] %}
    or future_value_{{ months }}_months
    <> future_purchase_value_{{ months }}_months + future_contract_value_{{ months }}_months
    or lifetime_value_{{ months }}_months <> past_value + future_value_{{ months }}_months - acquisition_cost
    or future_value_{{ months }}_months_low > future_value_{{ months }}_months_high
    {%- endfor %}
    or future_value_12_months > future_value_24_months
    or future_value_24_months > future_value_36_months
    or expected_purchases_12_months > expected_purchases_24_months
    or expected_purchases_24_months > expected_purchases_36_months
