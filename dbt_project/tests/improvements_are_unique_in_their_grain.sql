{{ config(meta={'dagster': {'ref': {'name': 'improvement_register'}}}) }}
{%- set grains = {
    'improvement_effects': ['improvement_key', 'measure'],
    'training_needs': ['team', 'topic', 'measure'],
    'service_costs': ['period', 'department', 'reason', 'cost_kind', 'is_poor_quality'],
    'service_costs_by_month': ['period', 'dimension', 'dimension_value'],
} %}
-- A table has one row per what its description says; every decision is in the register once.
{%- for model, columns in grains.items() %}
select '{{ model }}' as model
from {{ ref(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
union all
{%- endfor %}
select 'improvement_register' as model
from {{ ref('stg_ml__improvement_decisions') }} as decisions
left join {{ ref('improvement_register') }} as register
    on decisions.kind = register.kind
    and decisions.issue = register.issue
where register.issue is null or register.state <> decisions.state
