{{ config(fail_calc='count(message)', meta={'dagster': {'ref': {'name': 'stg_pos__orders'}}}) }}
{%- set amounts = {
    'stg_pos__orders': 'net_amount', 'stg_pos__order_lines': 'net_amount', 'stg_pos__products': 'unit_price',
    'stg_crm__cases': 'cost_amount', 'stg_crm__contracts': 'fee_amount', 'stg_crm__customers': 'acquisition_cost',
    'stg_digital__ad_spend': 'cost_amount',
} -%}
-- Amounts in a currency without a rate stop the run with a sentence that names the currency.
with

currencies as (
    {%- for model, amount in amounts.items() %}
    {{ 'union' if not loop.first }}
    select currency
    from {{ ref(model) }}
    where {{ amount }} is not null
    {%- endfor %}
),

without_rate as (
    select currencies.currency
    from currencies
    left join {{ ref('int_currency_rates_completed') }} as rates on currencies.currency = rates.currency
    where rates.rate_to_reporting is null
)

select {{ raise_sentence(
    "'There are amounts in ' || currency || ' but the reporting currency is " ~ var('reporting_currency')
    ~ " and seeds/currency_rates.csv has no rate for it.'"
) }} as message
from without_rate
