with

initiatives as (
    select
        *,
        {{ rounded_count('customers_count') }} as rounded_customers_count
    from {{ ref('initiatives') }}
),

-- What all of them brought is that of the rounded count: the exact one would follow from it.
gains as (
    select
        *,
        {{ money('value_per_customer * rounded_customers_count') }} as gain_shown,
        {{ money('value_per_customer_low * rounded_customers_count') }} as gain_shown_low,
        {{ money('value_per_customer_high * rounded_customers_count') }} as gain_shown_high
    from initiatives
)

-- Figures are of thirty customers or more on each side; only the counts could be of fewer.
select
    initiative_id,
    name_en,
    name_de,
    scope_en,
    scope_de,
    scope_value,
    method_en,
    method_de,
    verdict,
    verdict_en,
    verdict_de,
    verdict_reason_en,
    verdict_reason_de,
    pre_trend_en,
    pre_trend_de,
    rounded_customers_count as customers_count,
    {%- for count in ['treated', 'comparison'] %}
    {{ rounded_count(count ~ '_count') }} as {{ count }}_count,
    {%- endfor %}
    value_basis,
    {%- for name, figure in [('value_per_customer', 'value_per_customer'), ('gain', 'gain_shown')] %}
    {%- for suffix in ['', '_low', '_high'] %}
    {{ shown_effect(figure ~ suffix, 'treated_count', 'comparison_count') }} as {{ name }}{{ suffix }},
    {%- endfor %}
    {%- endfor %}
    cost,
    {%- for suffix in ['', '_low', '_high'] %}
    {{ shown_effect(
        'cast(gain_shown' ~ suffix ~ ' as double) / cast(nullif(cost, 0) as double) - 1',
        'treated_count', 'comparison_count') }} as roi{{ suffix }},
    {%- endfor %}
    currency,
    started_date,
    ended_date,
    measured_until_date
from gains
