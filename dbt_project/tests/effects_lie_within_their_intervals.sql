{#- Every estimate of impact lies in its interval, and one that is said to be shown has it on one side of zero. -#}
{%- set effects = [
    ('initiative_effects', 'effect', 'is_shown'),
    ('score_worth', 'worth', "verdict = 'effect_shown'"),
    ('bad_experience_costs', 'effect', "verdict = 'effect_shown'"),
] -%}
{% for mart, name, shown in effects %}
{{ 'union all' if not loop.first }}
select
    '{{ mart }}' as mart,
    {{ name }} as estimate
from {{ ref(mart) }}
where
    {{ name }} < {{ name }}_low
    or {{ name }} > {{ name }}_high
    or ({{ shown }} and {{ name }}_low <= 0 and {{ name }}_high >= 0)
{%- endfor %}
