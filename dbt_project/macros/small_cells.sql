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

{#- A mean of cells whose count is rounded: finer figures fit few counts and would tell which. Rounded to nine
    places first: the order in which an engine adds must not decide on which side of a half it lies. -#}
{% macro rounded_mean(mean, count) -%}
    case
        when {{ count }} < 100 then cast(round(round({{ mean }}, 9), 1) as double)
        else cast(round(round({{ mean }}, 9), 2) as double)
    end
{%- endmacro %}

{#-
    Windows to hide what follows from a known total: `window` holds the cells that add up to it, `key` tells cells of
    one size apart. Put it into a CTE, and `is_hidden_cell()` after it.
-#}
{% macro smaller_cells(count, window, key) -%}
    {%- set ordered = 'partition by ' ~ window ~ ' order by ' ~ count ~ ' asc, ' ~ key ~ ' asc' -%}
    min({{ count }}) over (partition by {{ window }}) as smallest_count,
        row_number() over ({{ ordered }}) as smallest_rank,
        coalesce(
            sum({{ count }}) over ({{ ordered }} rows between unbounded preceding and 1 preceding), 0
        ) as smaller_count
{%- endmacro %}

{#- A small cell hides with the next ones, until two are hidden and together are people enough: their sum is known. -#}
{% macro is_hidden_cell() -%}
    smallest_count < {{ var('small_cell_minimum') }}
        and (smallest_rank <= 2 or smaller_count < {{ var('small_cell_minimum') }})
{%- endmacro %}
