with

costs as (
    select * from {{ ref('bad_experience_costs') }}
)

select
    kind,
    kind_en,
    kind_de,
    outcome,
    outcome_en,
    outcome_de,
    window_days,
    verdict,
    verdict_en,
    verdict_de,
    verdict_reason_en,
    verdict_reason_de,
    {%- for name in ['effect', 'effect_low', 'effect_high', 'bad_mean', 'comparison_mean'] %}
    {{ shown_effect(name, 'bad_matched_count', 'comparison_count') }} as {{ name }},
    {%- endfor %}
    {%- for count in ['bad', 'bad_matched', 'comparison', 'yearly'] %}
    {{ rounded_count(count ~ '_count') }} as {{ count }}_count,
    {%- endfor %}
    {%- for suffix in ['', '_low', '_high'] %}
    {{ shown_effect('yearly_cost' ~ suffix, 'bad_matched_count', 'yearly_count') }} as yearly_cost{{ suffix }},
    {%- endfor %}
    value_basis,
    currency
from costs
