{#- CTE `records`, one row per thing observed: what is measured of it, numbers of its keys, a bit per thing that is so. -#}
{% macro kpi_records(plan, relation, order_by) -%}
measured as (
    select
        {%- if plan.by_grain %}
        grain,
        {%- endif %}
        observed_date,
        {{ cx360.key_number('person_key') }} as person_number,
        is_known_customer,
        {%- for grain in plan.active_grains %}
        is_active_in_{{ grain }},
        {%- endfor %}
        {%- if plan.weight %}
        {{ plan.weight }} as weight,
        {%- endif %}
        {%- if order_by %}
        row_number() over (order by {{ order_by }}) as order_number,
        {%- endif %}
        {%- for dimension in plan.parts %}
        coalesce({{ dimension }}, 'unknown') as {{ dimension }},
        {%- endfor %}
        {%- for kpi_id, kpi in plan.kpis.items() %}
        {%- set where = kpi.where or 'true' %}
        {%- if kpi.d %}
        case when {{ where }} and {{ kpi.x }} is not null then cast({{ kpi.d }} as double) end as d_{{ kpi_id }},
        {%- endif %}
        case when {{ where }} {%- if kpi.d %} and {{ kpi.d }} is not null{% endif %} then cast({{ kpi.x or 1 }} as double) end as x_{{ kpi_id }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where observed_date is not null
),

records as (
    select
        *,
        {{ cx360.period_start('grain', 'observed_date') if plan.by_grain else cx360.month_of('observed_date') }} as base_start,
        {%- if plan.of_customer %}
        {{ cx360.key_number(dbt.concat(cx360.joined_columns(plan.of_customer))) }} as customer_number,
        {%- endif %}
        {%- for dimension in plan.scans if dimension != 'customer' %}
        {{ cx360.key_number(dimension) }} as {{ dimension }}_number,
        {%- endfor %}
        {%- for kpi_id, kpi in plan.kpis.items() if kpi.method in ('nps', 'per_person') %}
        x_{{ kpi_id }} as s_{{ kpi_id }},
        {%- if kpi.method == 'nps' %}
        case when x_{{ kpi_id }} is not null then order_number end as o_{{ kpi_id }},
        {%- if plan.weight %}
        case when x_{{ kpi_id }} is not null then weight end as w_{{ kpi_id }},
        {%- endif %}
        {%- endif %}
        {%- endfor %}
        {%- for condition in plan.conditions.values() %}
        {{ '+ ' if not loop.first }}case when {{ condition }} then {{ 2 ** loop.index0 }} else 0 end
        {%- endfor %} as flags
    from measured
),
{%- endmacro %}

{#- CTE `sums`, one row per grain, period and dimension value: what adds up over records. -#}
{% macro kpi_sums(plan) -%}
    {%- set base_keys = plan.base_keys.values() | sum(start=[]) | unique | list -%}
    {%- set base_dates = ['observed_date', 'base_start'] | select('in', base_keys) | list -%}
    {%- set base_date = 'coalesce(observed_date, base_start)' if base_dates | length > 1 else base_dates[0] -%}
-- By the finest period that a dimension has.
record_sums as (
    select
        {%- for key in base_keys + plan.parts %}
        {{ key }},
        {%- endfor %}
        {%- for kpi_id, kpi in plan.kpis.items() %}
        {%- set x, d = 'x_' ~ kpi_id, 'd_' ~ kpi_id %}
        {%- set terms = {
            'n': 'count(' ~ x ~ ')',
            'kn': 'count(case when is_known_customer then ' ~ x ~ ' end)',
            's': 'sum(' ~ x ~ ')',
            'q': 'sum(' ~ x ~ ' * ' ~ x ~ ')',
            'd': 'sum(' ~ d ~ ')',
            'c': 'sum(' ~ x ~ ' * ' ~ d ~ ')',
            'e': 'sum(' ~ d ~ ' * ' ~ d ~ ')',
            'v': 'sum(coalesce(weight, 1.0) * ' ~ x ~ ')',
            'u': 'sum(case when ' ~ x ~ ' is not null then coalesce(weight, 1.0) end)',
            'w': 'count(case when ' ~ x ~ ' is not null then weight end)',
        } %}
        {%- for part in plan.sum_parts[kpi_id] %}
        {{ terms[part] }} as {{ part }}_{{ kpi_id }},
        {%- endfor %}
        min(case when {{ x }} is not null then observed_date end) as f_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from records
    group by grouping sets (
        {%- for dimension, keys in plan.base_keys.items() %}
        ({{ (keys + ([dimension] if dimension != 'all' else [])) | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
),

-- A dimension that is not grouped by is null.
based_sums as (
    select
        *,
        {{ base_date }} as base_date,
        {%- if plan.parts %}
        case
            {%- for dimension in plan.parts %}
            when {{ dimension }} is not null then '{{ dimension }}'
            {%- endfor %}
            else 'all'
        end as dimension,
        {%- else %}
        'all' as dimension,
        {%- endif %}
        coalesce({{ (plan.parts + ["'all'"]) | join(', ') }}) as dimension_value
    from record_sums
),

sums as (
    select
        grains.grain,
        {{ 'based_sums.base_date' if plan.by_grain else cx360.period_start('grains.grain', 'based_sums.base_date') }} as period_start,
        based_sums.dimension,
        based_sums.dimension_value,
        {%- for kpi_id in plan.kpis %}
        {%- for part in plan.sum_parts[kpi_id] %}
        sum(based_sums.{{ part }}_{{ kpi_id }}) as {{ part }}_{{ kpi_id }},
        {%- endfor %}
        min(based_sums.f_{{ kpi_id }}) as f_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from based_sums
    inner join ({{ cx360.kpi_grains(plan.grains) }}) as grains
        {%- if plan.by_grain %}
        on based_sums.grain = grains.grain
        {%- elif 'observed_date' in base_keys and 'base_start' in base_keys %}
        on grains.grain not in ('day', 'week') or based_sums.observed_date is not null
        {%- else %}
        on true
        {%- endif %}
    group by 1, 2, 3, 4
),
{%- endmacro %}
