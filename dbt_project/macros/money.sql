{#- Money is exact: DECIMAL(18,4) everywhere. -#}
{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}

{#- Amount in the reporting currency. `rate` comes from int_currency_rates_completed; an amount
    without a rate becomes null and the test of the rates fails by name. -#}
{% macro to_reporting_currency(amount, rate) -%}
    cast({{ amount }} * {{ rate }} as decimal(18, 4))
{%- endmacro %}
