{{ config(meta={'dagster': {'ref': {'name': 'segment_profiles'}}}) }}
{%- set counts = [
    ('segment_profiles', 'people_count'), ('segment_profiles', 'n'), ('personas', 'people_count'), ('personas', 'n'),
    ('segments', 'outcome_count'), ('segment_features', 'customers_count'),
] -%}
-- No row of a profile or a persona tells of few people, nor does a segment or a feature of one.
with

counted as (
    {%- for mart, column in counts %}
    {{ 'union all' if not loop.first }}
    select
        '{{ mart }}' as mart,
        '{{ column }}' as count_column,
        segment_id,
        {{ column }} as people_count
    from {{ ref(mart) }}
    {%- endfor %}
)

select *
from counted
where people_count between 1 and {{ var('small_cell_minimum') - 1 }}
