with

initiatives as (
    select * from {{ ref('initiatives') }}
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
    {%- for count in ['customers', 'treated', 'comparison'] %}
    {{ rounded_count(count ~ '_count') }} as {{ count }}_count,
    {%- endfor %}
    value_basis,
    {%- for name in ['value_per_customer', 'gain'] %}
    {%- for suffix in ['', '_low', '_high'] %}
    {{ shown_effect(name ~ suffix, 'treated_count', 'comparison_count') }} as {{ name }}{{ suffix }},
    {%- endfor %}
    {%- endfor %}
    cost,
    {%- for suffix in ['', '_low', '_high'] %}
    {{ shown_effect('roi' ~ suffix, 'treated_count', 'comparison_count') }} as roi{{ suffix }},
    {%- endfor %}
    currency,
    started_date,
    ended_date,
    measured_until_date
from initiatives
