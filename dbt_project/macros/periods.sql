{#- Date of a UTC instant in the company's time zone. -#}
{% macro to_company_date(column) -%}
    {{ return(adapter.dispatch('to_company_date', 'cx360')(column)) }}
{%- endmacro %}

{% macro default__to_company_date(column) -%}
    cast(from_utc_timestamp({{ column }}, '{{ var("company_time_zone") }}') as date)
{%- endmacro %}

{% macro duckdb__to_company_date(column) -%}
    cast(timezone('{{ var("company_time_zone") }}', timezone('UTC', {{ column }})) as date)
{%- endmacro %}

{#- Hour of the day, 0 to 23, of a UTC instant in the company's time zone. -#}
{% macro to_company_hour(column) -%}
    {{ return(adapter.dispatch('to_company_hour', 'cx360')(column)) }}
{%- endmacro %}

{% macro default__to_company_hour(column) -%}
    cast(extract(hour from from_utc_timestamp({{ column }}, '{{ var("company_time_zone") }}')) as integer)
{%- endmacro %}

{% macro duckdb__to_company_hour(column) -%}
    cast(extract(hour from timezone('{{ var("company_time_zone") }}', timezone('UTC', {{ column }}))) as integer)
{%- endmacro %}

{#- First day of the month of a date. -#}
{% macro month_of(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{#- Name of a period: `2026-03-14`, `2026-W11`, `2026-03`, `2026-Q1`, `2026`, or `all`. -#}
{% macro period_label(grain, period_start) -%}
    {%- set thursday = dbt.dateadd('day', 3, period_start) -%}
    case {{ grain }}
            when 'day' then cast({{ period_start }} as string)
            when 'week' then cast(extract(year from {{ thursday }}) as string) || '-W'
                || substring(cast(100 + extract(week from {{ period_start }}) as string), 2, 2)
            when 'month' then substring(cast({{ period_start }} as string), 1, 7)
            when 'quarter' then substring(cast({{ period_start }} as string), 1, 4) || '-Q'
                || cast(extract(quarter from {{ period_start }}) as string)
            when 'year' then substring(cast({{ period_start }} as string), 1, 4)
            else 'all'
        end
{%- endmacro %}

{#- The date a run looks from: what orchestration passed, else the latest business date loaded. -#}
{% macro as_of_date() -%}
    {%- if var('as_of') -%}
        cast('{{ var("as_of") }}' as date)
    {%- else -%}
        (select max(loads.last_event_date) from {{ ref('stg_ingestion__loads') }} as loads where loads.is_admitted)
    {%- endif -%}
{%- endmacro %}

{#- Running number of a month, so that months can be subtracted. -#}
{% macro month_number(date) -%}
    cast(extract(year from {{ date }}) * 12 + extract(month from {{ date }}) as integer)
{%- endmacro %}

{#- Grains of KPIs, as rows to cross join with. -#}
{% macro kpi_grains(grains=['day', 'week', 'month', 'quarter', 'year', 'all']) -%}
    {%- for grain in grains %}
    select '{{ grain }}' as grain
    {{- ' union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- First day of the period of a date; weeks begin on Monday; null for the grain `all`. -#}
{% macro period_start(grain, date) -%}
    case {{ grain }}
            when 'day' then {{ date }}
            {%- for grain_name in ['week', 'month', 'quarter', 'year'] %}
            when '{{ grain_name }}' then cast({{ dbt.date_trunc(grain_name, date) }} as date)
            {%- endfor %}
        end
{%- endmacro %}

{#- Last day of the period that begins on a date; null for the grain `all`. -#}
{% macro period_end(grain, period_start) -%}
    case {{ grain }}
            when 'day' then {{ period_start }}
            when 'week' then cast({{ dbt.dateadd('day', 6, period_start) }} as date)
            when 'month' then cast({{ dbt.last_day(period_start, 'month') }} as date)
            when 'quarter' then cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, period_start)) }} as date)
            when 'year' then cast({{ dbt.dateadd('day', -1, dbt.dateadd('year', 1, period_start)) }} as date)
        end
{%- endmacro %}

{#- First day of the period before, or of the same period a year before (weeks: 52 weeks). -#}
{% macro earlier_period_start(grain, period_start, is_year_before) -%}
    case {{ grain }}
            when 'week' then cast({{ dbt.dateadd('day', '-364' if is_year_before else '-7', period_start) }} as date)
            {%- for grain_name, unit, count in [
                ('day', 'day', -1), ('month', 'month', -1), ('quarter', 'month', -3), ('year', 'year', -1),
            ] %}
            when '{{ grain_name }}'
                then cast({{ dbt.dateadd('year' if is_year_before else unit, -1 if is_year_before else count, period_start) }} as date)
            {%- endfor %}
        end
{%- endmacro %}

{#- First day of a history: before every fact that the input contract admits. -#}
{% macro beginning_of_history() -%}
    cast('1900-01-01' as date)
{%- endmacro %}

{#- Day after the last of a history that still goes on. -#}
{% macro end_of_history() -%}
    cast('9999-12-31' as date)
{%- endmacro %}

{#- Join condition that picks the row of a history (valid_from, valid_to) that held on a date. -#}
{% macro valid_on(history, date) -%}
    {{ date }} >= {{ history }}.valid_from and {{ date }} < {{ history }}.valid_to
{%- endmacro %}

{#- UTC instant of a wall-clock timestamp in the company's time zone. -#}
{% macro from_company_time(column) -%}
    {{ return(adapter.dispatch('from_company_time', 'cx360')(column)) }}
{%- endmacro %}

{% macro default__from_company_time(column) -%}
    to_utc_timestamp({{ column }}, '{{ var("company_time_zone") }}')
{%- endmacro %}

{% macro duckdb__from_company_time(column) -%}
    timezone('UTC', timezone('{{ var("company_time_zone") }}', {{ column }}))
{%- endmacro %}
