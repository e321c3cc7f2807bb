{#- Seconds of the day of a time such as `09:30`. -#}
{% macro second_of_day(time) -%}
    (cast({{ dbt.split_part(time, "':'", 1) }} as integer) * 3600 + cast({{ dbt.split_part(time, "':'", 2) }} as integer) * 60)
{%- endmacro %}

{#- Weekday of a date, 1 is Monday: engines number them differently, a known Monday does not. -#}
{% macro weekday_of(date) -%}
    ({{ dbt.datediff("cast('1900-01-01' as date)", date, 'day') }} % 7 + 1)
{%- endmacro %}

{#-
    Working seconds that had passed before an instant since the calendar began. `days` is the row of
    int_business_days_counted for the instant's day: the instants of two such rows subtracted are the
    working time between them. Null where the instant or its day is.
-#}
{% macro business_clock(days, instant) -%}
    {{ days }}.business_seconds_before + greatest(
            0, least({{ days }}.business_seconds, {{ dbt.datediff(days ~ '.opens_at', instant, 'second') }})
        )
{%- endmacro %}
