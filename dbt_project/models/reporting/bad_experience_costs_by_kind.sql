with

costs as (
    select
        *,
        {{ rounded_count('yearly_count') }} as rounded_yearly_count
    from {{ ref('bad_experience_costs') }}
)

-- What a year of them costs is that of the rounded count: the exact one would follow from it.

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
    {%- for count in ['bad', 'bad_matched', 'comparison'] %}
    {{ rounded_count(count ~ '_count') }} as {{ count }}_count,
    {%- endfor %}
    rounded_yearly_count as yearly_count,
    {%- for suffix, effect in [('', 'effect'), ('_low', 'effect_high'), ('_high', 'effect_low')] %}
    {{ shown_effect(
        "case when outcome = 'value' then " ~ money('-1 * ' ~ effect ~ ' * rounded_yearly_count') ~ ' end',
        'bad_matched_count', 'comparison_count') }} as yearly_cost{{ suffix }},
    {%- endfor %}
    value_basis,
    currency
from costs
