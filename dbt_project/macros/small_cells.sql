{#-
    Head-counts that are published beside their sums and differences: a count of too few people is null, every
    other one is rounded to the nearest multiple of the smallest cell (of `times` that), so that no sum gives a
    hidden one away.
-#}
{% macro rounded_count(count, times=1) -%}
    {%- set least = var('small_cell_minimum') -%}
    {%- set step = least * times -%}
    case when {{ count }} = 0 or {{ count }} >= {{ least }}
            then cast({{ step }} * round(1.0 * {{ count }} / {{ step }}) as bigint)
        end
{%- endmacro %}

{#- A mean of cells whose count is rounded: finer figures fit few counts and would tell which. -#}
{% macro rounded_mean(mean, count) -%}
    case when {{ count }} < 100 then cast(round({{ mean }}, 1) as double) else cast(round({{ mean }}, 2) as double) end
{%- endmacro %}
