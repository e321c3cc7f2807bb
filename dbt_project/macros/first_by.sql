{#- Value of a group's first row that has one; `order_by` must be unique in the group. -#}
{% macro first_by(column, order_by, where='true') -%}
    min_by({{ column }}, case when {{ column }} is not null and {{ where }} then {{ order_by }} end)
{%- endmacro %}

{#- Place of a record in time as a text that sorts like it: the key decides among equal instants.
    The blank keeps `10:00:00` before `10:00:00.5`. -#}
{% macro place_in_time(instant, key) -%}
    cast({{ instant }} as string) || ' ' || {{ key }}
{%- endmacro %}
