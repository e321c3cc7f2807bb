{{ config(meta={'dagster': {'ref': {'name': 'int_kpi_values_unioned'}}}) }}
-- A metric of the semantic layer, summed over the model it is defined on, is the KPI of its name in every month.
-- depends_on: {{ ref('int_revenue_booked') }} {{ ref('orders') }} {{ ref('cases') }} {{ ref('sessions') }}
with

kpis as (
    select * from {{ ref('int_kpi_values_unioned') }}
    where grain = 'month' and dimension = 'all'
),

metrics as (
    {%- set sums = [] -%}
    {%- if execute -%}
    {%- for metric in graph.metrics.values() -%}
    {%- for model in graph.semantic_models.values() -%}
    {%- for measure in model.measures if measure.name == metric.type_params.measure.name -%}
        {%- set relation = model.node_relation.relation_name -%}
        {%- set dates = model.defaults.agg_time_dimension -%}
        {%- do sums.append(
            "select '" ~ metric.name ~ "' as kpi_id, " ~ month_of(dates) ~ " as period_start, cast("
            ~ measure.agg ~ "(" ~ (measure.expr or measure.name) ~ ") as double) as value from " ~ relation
            ~ " where " ~ dates ~ " is not null group by " ~ month_of(dates)
        ) -%}
    {%- endfor -%}
    {%- endfor -%}
    {%- endfor -%}
    {%- endif %}
    {{ sums | join('\n    union all\n    ') or "select 'none' as kpi_id, cast(null as date) as period_start, cast(1 as double) as value" }}
)

select
    coalesce(metrics.kpi_id, kpis.kpi_id) as kpi_id,
    coalesce(metrics.period_start, kpis.period_start) as period_start,
    metrics.value as metric_value,
    kpis.value as kpi_value
from metrics
full outer join kpis
    on metrics.kpi_id = kpis.kpi_id
    and metrics.period_start = kpis.period_start
where
    coalesce(metrics.kpi_id, kpis.kpi_id) in (select metrics.kpi_id from metrics)
    and abs(coalesce(metrics.value, 0) - coalesce(kpis.value, 0)) > 0.01
