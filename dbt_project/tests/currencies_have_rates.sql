{{ config(meta={'dagster': {'ref': {'name': 'stg_pos__orders'}}}) }}
{%- set amounts = {
    'stg_pos__orders': 'net_amount', 'stg_pos__order_lines': 'net_amount', 'stg_pos__products': 'unit_price',
    'stg_crm__cases': 'cost_amount', 'stg_crm__contracts': 'fee_amount', 'stg_crm__customers': 'acquisition_cost',
    'stg_digital__ad_spend': 'cost_amount', 'stg_crm__campaigns': 'budget_amount',
} -%}
{%- set without_rate -%}
with

currencies as (
    {%- for model, amount in amounts.items() %}
    {{ 'union' if not loop.first }}
    select currency
    from {{ ref(model) }}
    where {{ amount }} is not null
    {%- endfor %}
)

select currencies.currency
from currencies
left join {{ ref('int_currency_rates_completed') }} as rates on currencies.currency = rates.currency
where rates.rate_to_reporting is null
order by currencies.currency
{%- endset -%}
{#- A sentence that names the currency; anything that is no code may be a value of some other column. -#}
{%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- set codes = [] -%}
    {%- for currency in run_query(without_rate).columns[0].values() -%}
        {%- do codes.append(currency if modules.re.fullmatch('[A-Z]{3}', currency) else 'an unknown currency') -%}
    {%- endfor -%}
    {%- if codes -%}
        {{ exceptions.raise_compiler_error(
            'There are amounts in ' ~ codes | unique | join(', ') ~ ' but the reporting currency is '
            ~ var('reporting_currency') ~ ' and seeds/currency_rates.csv has no rate. Add the rate, or correct '
            ~ '`currency` in the declaration.'
        ) }}
    {%- endif -%}
{%- endif -%}
-- Amounts in a currency without a rate stop the run.
{{ without_rate }}
