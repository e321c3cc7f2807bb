{#-
    Head-counts that are published beside their sums and differences: a count of too few people is null, every
    other one is rounded to the nearest multiple of the smallest cell, so that no sum gives a hidden one away.
-#}
{% macro rounded_count(count) -%}
    {%- set least = var('small_cell_minimum') -%}
    case when {{ count }} = 0 or {{ count }} >= {{ least }}
            then cast({{ least }} * round(1.0 * {{ count }} / {{ least }}) as bigint)
        end
{%- endmacro %}
