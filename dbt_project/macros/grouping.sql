{#- Groups by `fixed` columns and by each of the `optional` ones or by all of it, in every combination;
    a column that is not grouped by is null. -#}
{% macro each_and_all(fixed, optional) -%}
    {%- set sets = namespace(found=[fixed]) -%}
    {%- for column in optional -%}
        {%- set with_column = [] -%}
        {%- for columns in sets.found -%}
            {%- do with_column.append(columns) -%}
            {%- do with_column.append(columns + [column]) -%}
        {%- endfor -%}
        {%- set sets.found = with_column -%}
    {%- endfor -%}
    grouping sets (
        {%- for columns in sets.found %}
        ({{ columns | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
