{#- The day of all, and each slice of it; a record of which a slice is not known is in none. -#}
{%- set slices = ['channel', 'store', 'partner', 'product_category', 'touchpoint', 'reason', 'signal'] -%}
with

facts as (
    select * from {{ ref('int_alert_facts_unioned') }}
),

-- What other series are compared with counts, too.
wanted as (
    select measure from {{ ref('alert_series') }}
    union
    select compared_with as measure from {{ ref('alert_series') }}
    where compared_with is not null
    union
    select 'text' as measure
),

chosen as (
    select
        facts.measure,
        facts.feed,
        facts.observed_date,
        {%- for slice in slices %}
        coalesce(facts.{{ slice }}, 'unknown') as {{ slice }},
        {%- endfor %}
        facts.value
    from facts
    inner join wanted on facts.measure = wanted.measure
),

-- A slice that is not grouped by is null.
grouped as (
    select
        measure,
        feed,
        observed_date,
        {%- for slice in slices %}
        {{ slice }},
        {%- endfor %}
        count(*) as records_count,
        sum(value) as value_sum,
        sum(value * value) as square_sum,
        sum(value * value * value) as cube_sum
    from chosen
    group by grouping sets (
        (measure, feed, observed_date),
        {%- for slice in slices %}
        (measure, feed, observed_date, {{ slice }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
),

named as (
    select
        measure,
        feed,
        observed_date,
        case
            {%- for slice in slices %}
            when {{ slice }} is not null then '{{ slice }}'
            {%- endfor %}
            else 'all'
        end as dimension,
        coalesce({{ slices | join(', ') }}, 'all') as dimension_value,
        cast(records_count as bigint) as records_count,
        cast(value_sum as double) as value_sum,
        cast(square_sum as double) as square_sum,
        cast(cube_sum as double) as cube_sum
    from grouped
)

select * from named
where dimension_value <> 'unknown'
