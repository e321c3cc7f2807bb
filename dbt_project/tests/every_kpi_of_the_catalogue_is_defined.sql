{{ config(meta={'dagster': {'ref': {'name': 'int_kpi_values_unioned'}}}) }}
-- A row of the catalogue that no later part of the product fills has a model that defines it, and every KPI that
-- a model defines has a row. Facts that a definition names are a model.
-- depends_on: {{ ref('int_kpi_values_unioned') }}
with

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

definitions as (
    {%- set kpi_ids = [] -%}
    {%- set names = graph.nodes.values() | map(attribute='name') | list if execute else [] -%}
    {%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.kpis -%}
        {%- for kpi_id in node.config.meta.kpis -%}
            {%- do kpi_ids.append(kpi_id if node.config.meta.facts in names else kpi_id ~ ' of ' ~ node.config.meta.facts) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- endif %}
    {% for kpi_id in kpi_ids | unique %}
    {{ 'union all' if not loop.first }}
    select '{{ kpi_id }}' as kpi_id
    {%- else %}
    select 'none' as kpi_id
    {%- endfor %}
)

select
    catalogue.kpi_id as catalogue_kpi_id,
    definitions.kpi_id as defined_kpi_id
from catalogue
full outer join definitions on catalogue.kpi_id = definitions.kpi_id
where
    catalogue.kpi_id is null
    or (definitions.kpi_id is null and catalogue.filled_by is null)
