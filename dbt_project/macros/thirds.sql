{#- Third of n people, 1 to 3, by the share of them that ranks below; equal ones share the lower third. -#}
{% macro third(rank, n) -%}
    case
            when 3 * ({{ rank }} - 1) < {{ n }} then 1
            when 3 * ({{ rank }} - 1) < 2 * {{ n }} then 2
            else 3
        end
{%- endmacro %}
