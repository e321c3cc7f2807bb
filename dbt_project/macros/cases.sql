{#- Whether a case with this status is worked on no more; systems name it differently. -#}
{% macro is_ended_status(status) -%}
    {{ status }} in ('resolved', 'solved', 'closed', 'cancelled', 'done')
{%- endmacro %}
