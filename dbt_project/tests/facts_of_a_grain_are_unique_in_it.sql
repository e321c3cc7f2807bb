{{ config(meta={'dagster': {'ref': {'name': 'int_kpi_retention_observed'}}}) }}
-- A record counts once in each of its grains.
{%- set facts = ['int_kpi_hearings_observed', 'int_kpi_retention_observed'] %}
{%- for model in facts %}
{{ 'union all' if not loop.first }}
select
    '{{ model }}' as facts,
    grain,
    record_key
from {{ ref(model) }}
group by grain, record_key
having count(*) > 1
{%- endfor %}
