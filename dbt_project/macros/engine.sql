{#- What engines say differently. `default__` is the standard or Spark form. -#}

{#- First value that is not null over a window of newest versions first. -#}
{% macro first_known(column, window) -%}
    {{ return(adapter.dispatch('first_known', 'cx360')(column, window)) }}
{%- endmacro %}

{% macro default__first_known(column, window) -%}
    first_value({{ column }}) ignore nulls over {{ window }}
{%- endmacro %}

{% macro duckdb__first_known(column, window) -%}
    first_value({{ column }} ignore nulls) over {{ window }}
{%- endmacro %}

{#- Last value that is not null over a window. -#}
{% macro last_known(column, window) -%}
    {{ return(adapter.dispatch('last_known', 'cx360')(column, window)) }}
{%- endmacro %}

{% macro default__last_known(column, window) -%}
    last_value({{ column }}) ignore nulls over {{ window }}
{%- endmacro %}

{% macro duckdb__last_known(column, window) -%}
    last_value({{ column }} ignore nulls) over {{ window }}
{%- endmacro %}

{#- Texts of a group joined in order, one per line. -#}
{% macro joined_lines(column, order_by) -%}
    {{ return(adapter.dispatch('joined_lines', 'cx360')(column, order_by)) }}
{%- endmacro %}

{% macro default__joined_lines(column, order_by) -%}
    array_join(
            transform(array_sort(collect_list(struct({{ order_by }}, {{ column }}))), x -> x.{{ column }}), '\n'
        )
{%- endmacro %}

{% macro duckdb__joined_lines(column, order_by) -%}
    string_agg({{ column }}, chr(10) order by {{ order_by }})
{%- endmacro %}

{#- Number of a key, to group by: 64 bits, so that among a million keys two share one in one case of
    thirty million. Never stored: engines differ. -#}
{% macro key_number(column) -%}
    {{ return(adapter.dispatch('key_number', 'cx360')(column)) }}
{%- endmacro %}

{% macro default__key_number(column) -%}
    xxhash64({{ column }})
{%- endmacro %}

{% macro duckdb__key_number(column) -%}
    hash({{ column }})
{%- endmacro %}
