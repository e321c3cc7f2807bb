{#- A figure of which something can be said, and of groups whose every one is people enough. -#}
{% macro shown_effect(figure, count, other_count=none) -%}
    case
        when
            verdict <> 'cannot_be_said'
            and {{ count }} >= {{ var('small_cell_minimum') }}
            {%- if other_count %} and {{ other_count }} >= {{ var('small_cell_minimum') }}{% endif %}
            then {{ figure }}
    end
{%- endmacro %}
