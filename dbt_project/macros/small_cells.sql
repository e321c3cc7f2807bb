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

{#-
    Whether a published cell must be hidden: of too few people, or the smallest one beside such a cell,
    which could else be computed back from their total. `partitions` are the lists of columns within
    which cells add up to something published; `tie` orders cells of equal size.
-#}
{% macro is_small_cell(people, partitions, tie) -%}
    {%- set least = var('small_cell_minimum') -%}
    ({{ people }} < {{ least }}
        {%- for columns in partitions %}
        or (
            row_number() over (partition by {{ columns }} order by {{ people }} asc nulls last, {{ tie }}) = 2
            and min({{ people }}) over (partition by {{ columns }}) < {{ least }}
        )
        {%- endfor %})
{%- endmacro %}
