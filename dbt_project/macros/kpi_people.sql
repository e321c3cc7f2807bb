{#-
    CTE `people`, one row per grain, period and dimension value: what must be counted by people. From records to
    one row per person, value and day, from these to weeks and months, from months to quarters and so on.
-#}
{% macro kpi_people(plan) -%}
    {%- set carried = [] -%}
    {%- for kpi_id, kpi in plan.kpis.items() if kpi.method in ('nps', 'per_person') -%}
        {%- do carried.append((kpi_id, kpi.method)) -%}
    {%- endfor -%}
    {%- set counted = [] -%}
{%- for scan in plan.scans %}
{%- set numbers = ['person_number'] + ([scan ~ '_number'] if scan != 'customer' or plan.of_customer else []) %}
{%- set built = [] %}
{%- for grain in (plan.grains if scan == 'customer' else cx360.grains_of_dimension(scan, plan.grains)) %}
{%- set below = [] if plan.by_grain else built | reject('equalto', 'week') | list %}
{%- set source = 'people_by_' ~ scan ~ '_and_' ~ below | last if below else 'records' %}
{%- set date = 'period_start' if below else 'observed_date' %}
people_by_{{ scan }}_and_{{ grain }} as (
    select
        {{ 'cast(null as date)' if grain == 'all' else date if grain == 'day'
            else 'cast(' ~ dbt.date_trunc(grain, date) ~ ' as date)' }} as period_start,
        {{ numbers | join(',\n        ') }},
        {%- for kpi_id, method in carried %}
        {%- if method == 'nps' %}
        max(o_{{ kpi_id }}) as o_{{ kpi_id }},
        max_by(s_{{ kpi_id }}, o_{{ kpi_id }}) as s_{{ kpi_id }},
        {%- if plan.weight %}
        max_by(w_{{ kpi_id }}, o_{{ kpi_id }}) as w_{{ kpi_id }},
        {%- endif %}
        {%- else %}
        sum(s_{{ kpi_id }}) as s_{{ kpi_id }},
        {%- endif %}
        {%- endfor %}
        bit_or(flags) as flags
    from {{ source }}
    {%- if plan.by_grain %}
    where grain = '{{ grain }}'
    {%- endif %}
    group by 1, {{ numbers | join(', ') }}
),
{%- do built.append(grain) %}
{%- do counted.append((scan, grain, numbers[1] if numbers | length > 1 else 'null')) %}
{%- endfor %}
{%- endfor %}

-- Few rows: how many people of a value did the same in a period.
counted_people as (
    {%- for scan, grain, number in counted %}
    {{ 'union all' if not loop.first }}
    select
        '{{ scan }}' as scan,
        '{{ grain }}' as grain,
        period_start,
        {{ number }} as scan_number,
        flags,
        {%- for kpi_id, method in carried %}
        {%- set s, w = 's_' ~ kpi_id, 'w_' ~ kpi_id %}
        {%- if method == 'per_person' %}
        sum({{ s }} * {{ s }}) as q_{{ kpi_id }},
        {%- else %}
        sum(case when {{ s }} > 0 then 1 else 0 end) as g_{{ kpi_id }},
        sum(case when {{ s }} < 0 then 1 else 0 end) as b_{{ kpi_id }},
        {%- if plan.weight %}
        sum(coalesce({{ w }}, 1.0) * {{ s }}) as v_{{ kpi_id }},
        sum(case when {{ s }} is not null then coalesce({{ w }}, 1.0) end) as u_{{ kpi_id }},
        count({{ w }}) as w_{{ kpi_id }},
        {%- endif %}
        {%- endif %}
        {%- endfor %}
        count(*) as people_count
    from people_by_{{ scan }}_and_{{ grain }}
    group by 3, 4, 5
    {%- endfor %}
),
{%- if plan.of_customer %}

customer_values as (
    select distinct
        customer_number,
        {{ plan.of_customer | join(',\n        ') }}
    from records
),
{%- endif %}

people_by_value as (
    {%- for dimension in (['all'] if 'all' in plan.dimensions else []) + plan.of_customer
        + (['others'] if plan.scans | reject('equalto', 'customer') | list else []) %}
    {{ 'union all' if not loop.first }}
    select
        counted_people.*,
        {{ 'counted_people.scan' if dimension == 'others' else "'" ~ dimension ~ "'" }} as dimension,
        {{ 'counted_people.scan_number' if dimension == 'others'
            else cx360.key_number("'all'" if dimension == 'all' else 'customer_values.' ~ dimension) }} as value_number
    from counted_people
    {%- if dimension in plan.of_customer %}
    inner join customer_values on counted_people.scan_number = customer_values.customer_number
    {%- endif %}
    where counted_people.scan {{ '<>' if dimension == 'others' else '=' }} 'customer'
    {%- endfor %}
),

people as (
    select
        grain,
        coalesce(period_start, {{ cx360.beginning_of_history() }}) as joined_start,
        dimension,
        value_number,
        {%- for kpi_id, kpi in plan.kpis.items() %}
        {%- set has_record = plan.flags[kpi_id] %}
        {%- for part in plan.people_parts[kpi_id] %}
        {%- if part == 'a' %}
        sum(
            case
                {%- for grain in plan.active_grains %}
                when grain = '{{ grain }}' and {{ plan.flags['active_' ~ grain] }} and {{ has_record }} then people_count
                {%- endfor %}
                else 0
            end
        )
        {%- elif part in ('p', 'n') %}
        sum(case when {{ has_record }} then people_count else 0 end)
        {%- elif part == 'kn' %}
        sum(case when {{ plan.flags.known }} and {{ has_record }} then people_count else 0 end)
        {%- elif kpi.method == 'person_share' %}
        sum(case when {{ plan.flags['any_' ~ kpi_id] }} then people_count else 0 end)
        {%- else %}
        sum({{ part }}_{{ kpi_id }})
        {%- endif %} as {{ part }}_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from people_by_value
    group by 1, 2, 3, 4
),
{%- endmacro %}
