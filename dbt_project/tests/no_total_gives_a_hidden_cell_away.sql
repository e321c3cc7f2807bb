{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
-- Where a total and its parts are known but for one, that one is known too: of the values of a dimension
-- and their total in a period, and of the periods within a longer one, never is exactly one hidden.
{%- set nested = [
    ('day', ['week', 'month', 'quarter', 'year', 'all']), ('week', ['all']), ('month', ['quarter', 'year', 'all']),
    ('quarter', ['year', 'all']), ('year', ['all']),
] %}
with

cells as (
    select
        kpi_id,
        grain,
        period,
        period_start,
        dimension,
        dimension_value,
        case when is_suppressed then 1 else 0 end as is_hidden
    from {{ ref('kpi_values') }}
),

lines as (
    select
        totals.kpi_id,
        totals.grain,
        totals.period,
        parts.dimension as parts,
        'all' as line,
        max(totals.is_hidden) + sum(parts.is_hidden) as hidden_count
    from cells as totals
    inner join cells as parts
        on totals.kpi_id = parts.kpi_id
        and totals.grain = parts.grain
        and totals.period = parts.period
        and totals.dimension = 'all'
        and parts.dimension <> 'all'
    group by totals.kpi_id, totals.grain, totals.period, parts.dimension
    {%- for part, wholes in nested %}
    {%- for whole in wholes %}

    union all

    select
        totals.kpi_id,
        totals.grain,
        totals.period,
        totals.dimension || ' by {{ part }}' as parts,
        totals.dimension_value as line,
        max(totals.is_hidden) + sum(parts.is_hidden) as hidden_count
    from cells as totals
    inner join cells as parts
        on totals.kpi_id = parts.kpi_id
        and totals.dimension = parts.dimension
        and totals.dimension_value = parts.dimension_value
        and totals.grain = '{{ whole }}'
        and parts.grain = '{{ part }}'
        {%- if whole != 'all' %}
        and totals.period_start = {{ period_start("'" ~ whole ~ "'", 'parts.period_start') }}
        {%- endif %}
    group by totals.kpi_id, totals.grain, totals.period, totals.dimension, totals.dimension_value
    {%- endfor %}
    {%- endfor %}
)

select *
from lines
where hidden_count = 1
