{#-
    Cells of KPIs: one row per KPI, grain, period and dimension value. `relation` has one row per thing
    observed: record_key, observed_date, person_key, is_known_customer, a column per dimension, and what
    is measured. A KPI is `{'method': …, 'x': …, 'd': …, 'where': …}`, SQL over these columns; a record
    counts where `where` holds and `x` (and `d`) is not null. Methods:

    share         share of records with x = 1                  Agresti-Coull
    score         mean of scores x in 0..1, told as 0..100     one answer added at each end
    nps           x is 1, 0 or -1; latest answer of a person   Rocks
    mean          mean of x                                    t
    sum           sum of x                                     compound Poisson
    count         number of records                            Byar
    persons       number of people                             Byar
    ratio         sum of x by sum of d                         delta method
    per_person    sum of x by number of people                 t over people
    person_share  share of people with any x = 1               Agresti-Coull

    `coverage` is `known` (share of the records with a known customer), `active` (active people per active
    customer, where the facts say with is_active_in_month, _quarter, _year and _all whether the person is
    active in the period of the record) or `orders` (share of the orders with a known customer; both in
    int_kpi_values_unioned). Facts that differ by grain have a column `grain` and count in that one only:
    `by_grain`, also in the config meta; a record_key is unique in its grain.
    `dimensions` of a KPI restricts those of its facts. `order_by` says which answer is the latest,
    `weight` where survey weights are. Records are summed per person first and per cell then, so that
    a person counts once per cell, told apart by a 64-bit number of the key; dimensions of the customer share
    that first scan.
    A model that makes something else of its cells says so in its definitions, for `cx360 explain kpi`:
    `share_of` names the KPI whose count the own one is divided by, `total_in` the dimensions in which that
    is the total's; `n: divisor` says that `n` is what was divided by.
    A ratio whose divisor is nothing has no value and rests on nobody, but its cell is there: it is a part
    of the total, and suppression must know it.
-#}
{% macro kpi_cells(relation, kpis, dimensions, grains=none, weight=none, order_by=none, by_grain=false) -%}
    {%- set all_grains = grains or ['day', 'week', 'month', 'quarter', 'year', 'all'] -%}
    {%- set of_customer = ['segment', 'region', 'acquisition_channel'] | select('in', dimensions) | list -%}
    {%- set kpis_by_active = kpis.values() | selectattr('coverage', 'defined') | selectattr('coverage', 'equalto', 'active') | list -%}
    {%- set scans = ([['customer'] + of_customer] if 'all' in dimensions or of_customer else []) -%}
    {%- for dimension in dimensions if dimension != 'all' and dimension not in of_customer -%}
        {%- do scans.append([dimension, dimension]) -%}
    {%- endfor -%}
with

measured as (
    select
        {%- if by_grain %}
        grain,
        {%- endif %}
        observed_date,
        {{ cx360.key_number('person_key') }} as person_key,
        is_known_customer,
        {%- if kpis_by_active %}
        {%- for grain in ['month', 'quarter', 'year', 'all'] %}
        is_active_in_{{ grain }},
        {%- endfor %}
        {%- endif %}
        {%- if weight %}
        {{ weight }} as weight,
        {%- endif %}
        {%- if order_by %}
        {{ order_by }} as order_key,
        {%- endif %}
        {%- for dimension in dimensions if dimension != 'all' %}
        coalesce({{ dimension }}, 'unknown') as {{ dimension }},
        {%- endfor %}
        {%- for kpi_id, kpi in kpis.items() %}
        {%- set divisor = ' and ' ~ kpi.d ~ ' is not null' if kpi.d else '' %}
        case when {{ kpi.where or 'true' }}{{ divisor }} then cast({{ kpi.x or 1 }} as double) end as x_{{ kpi_id }},
        {%- if kpi.d %}
        case when {{ kpi.where or 'true' }} and {{ kpi.x }} is not null then cast({{ kpi.d }} as double) end as d_{{ kpi_id }},
        {%- endif %}
        {%- endfor %}
        record_key
    from {{ relation }}
    where observed_date is not null
),

{%- for scan in scans %}

persons_by_{{ scan[0] }} as (
    select
        grains.grain,
        {{ cx360.period_start('grains.grain', 'measured.observed_date') }} as period_start,
        measured.person_key,
        {%- for dimension in scan[1:] %}
        measured.{{ dimension }},
        {%- endfor %}
        max(case when measured.is_known_customer then 1 else 0 end) as is_known,
        {%- if kpis_by_active %}
        max(
            case
                {%- for grain in ['month', 'quarter', 'year', 'all'] %}
                when grains.grain = '{{ grain }}' and measured.is_active_in_{{ grain }} then 1
                {%- endfor %}
                else 0
            end
        ) as is_active,
        {%- endif %}
        {%- for kpi_id, kpi in kpis.items() %}
        {%- set x = 'measured.x_' ~ kpi_id %}
        {%- if kpi.method == 'nps' %}
        least(count({{ x }}), 1) as n_{{ kpi_id }},
        max_by({{ x }}, case when {{ x }} is not null then measured.order_key end) as s_{{ kpi_id }},
        {%- if weight %}
        max_by(measured.weight, case when {{ x }} is not null then measured.order_key end) as w_{{ kpi_id }},
        {%- endif %}
        {%- else %}
        count({{ x }}) as n_{{ kpi_id }},
        sum({{ x }}) as s_{{ kpi_id }},
        {%- if kpi.method in ('score', 'mean', 'sum', 'ratio') %}
        sum({{ x }} * {{ x }}) as q_{{ kpi_id }},
        {%- endif %}
        {%- if kpi.method == 'ratio' %}
        sum(measured.d_{{ kpi_id }}) as d_{{ kpi_id }},
        sum({{ x }} * measured.d_{{ kpi_id }}) as c_{{ kpi_id }},
        sum(measured.d_{{ kpi_id }} * measured.d_{{ kpi_id }}) as e_{{ kpi_id }},
        {%- endif %}
        {%- if weight %}
        sum(coalesce(measured.weight, 1.0) * {{ x }}) as v_{{ kpi_id }},
        sum(case when {{ x }} is not null then coalesce(measured.weight, 1.0) end) as u_{{ kpi_id }},
        count(case when {{ x }} is not null then measured.weight end) as w_{{ kpi_id }},
        {%- endif %}
        {%- endif %}
        min(case when {{ x }} is not null then measured.observed_date end) as f_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from measured
    {{ 'inner' if by_grain else 'cross' }} join (
        {{- cx360.kpi_grains(all_grains if loop.first else cx360.grains_of_dimension(scan[0], all_grains)) }}
    ) as grains
    {%- if by_grain %}
        on measured.grain = grains.grain
    {%- endif %}
    group by grains.grain, 2, measured.person_key {%- for dimension in scan[1:] %}, measured.{{ dimension }}{% endfor %}
),
{%- endfor %}

cells as (
    {%- for dimension in dimensions %}
    {{ 'union all' if not loop.first }}
    select
        grain,
        period_start,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as dimension_value,
        {%- for kpi_id, kpi in kpis.items() %}
        {%- set s = 's_' ~ kpi_id %}
        sum(n_{{ kpi_id }}) as n_{{ kpi_id }},
        sum(case when n_{{ kpi_id }} > 0 then 1 else 0 end) as p_{{ kpi_id }},
        {%- if kpi.coverage == 'active' %}
        sum(case when n_{{ kpi_id }} > 0 then is_active else 0 end) as a_{{ kpi_id }},
        {%- endif %}
        sum(is_known * n_{{ kpi_id }}) as kn_{{ kpi_id }},
        min(f_{{ kpi_id }}) as f_{{ kpi_id }},
        {%- if kpi.method == 'nps' %}
        sum(case when {{ s }} > 0 then 1 else 0 end) as g_{{ kpi_id }},
        sum(case when {{ s }} < 0 then 1 else 0 end) as b_{{ kpi_id }},
        {%- elif kpi.method == 'person_share' %}
        sum(case when {{ s }} > 0 then 1 else 0 end) as g_{{ kpi_id }},
        {%- elif kpi.method == 'per_person' %}
        sum({{ s }} * {{ s }}) as q_{{ kpi_id }},
        {%- elif kpi.method in ('score', 'mean', 'sum', 'ratio') %}
        sum(q_{{ kpi_id }}) as q_{{ kpi_id }},
        {%- endif %}
        {%- if kpi.method == 'ratio' %}
        sum(d_{{ kpi_id }}) as d_{{ kpi_id }},
        sum(c_{{ kpi_id }}) as c_{{ kpi_id }},
        sum(e_{{ kpi_id }}) as e_{{ kpi_id }},
        {%- endif %}
        {%- if weight and kpi.method == 'nps' %}
        sum(coalesce(w_{{ kpi_id }}, 1.0) * {{ s }}) as v_{{ kpi_id }},
        sum(case when n_{{ kpi_id }} > 0 then coalesce(w_{{ kpi_id }}, 1.0) end) as u_{{ kpi_id }},
        count(w_{{ kpi_id }}) as w_{{ kpi_id }},
        {%- elif weight %}
        sum(v_{{ kpi_id }}) as v_{{ kpi_id }},
        sum(u_{{ kpi_id }}) as u_{{ kpi_id }},
        sum(w_{{ kpi_id }}) as w_{{ kpi_id }},
        {%- endif %}
        sum({{ s }}) as {{ s }}{{ ',' if not loop.last }}
        {%- endfor %}
    from persons_by_{{ 'customer' if dimension == 'all' or dimension in of_customer else dimension }}
    where grain in ('{{ cx360.grains_of_dimension(dimension, all_grains) | join("', '") }}')
    group by 1, 2, 4
    {%- endfor %}
)
{% for kpi_id, kpi in kpis.items() %}
{{ 'union all' if not loop.first }}
    {%- set n, s, q = 'n_' ~ kpi_id, 's_' ~ kpi_id, 'q_' ~ kpi_id -%}
    {%- set p, g, b, d = 'p_' ~ kpi_id, 'g_' ~ kpi_id, 'b_' ~ kpi_id, 'd_' ~ kpi_id -%}
    {%- set factor = {'score': 100.0, 'nps': 100.0}.get(kpi.method, 1.0) -%}
    {%- set value = {
        'nps': '100.0 * (' ~ g ~ ' - ' ~ b ~ ') / ' ~ n, 'score': '100.0 * ' ~ s ~ ' / ' ~ n,
        'share': '1.0 * ' ~ s ~ ' / ' ~ n, 'mean': '1.0 * ' ~ s ~ ' / ' ~ n, 'sum': s, 'count': n, 'persons': p,
        'ratio': '1.0 * ' ~ s ~ ' / nullif(' ~ d ~ ', 0)', 'per_person': '1.0 * ' ~ s ~ ' / ' ~ p,
        'person_share': '1.0 * ' ~ g ~ ' / ' ~ p,
    }[kpi.method] %}
select
    '{{ kpi_id }}' as kpi_id,
    grain,
    period_start,
    dimension,
    dimension_value,
    cast({{ value }} as double) as value,
    {%- if weight and kpi.method in ('nps', 'score', 'share', 'mean') %}
    cast(case when w_{{ kpi_id }} > 0 then {{ factor }} * v_{{ kpi_id }} / nullif(u_{{ kpi_id }}, 0) end as double) as value_weighted,
    {%- else %}
    cast(null as double) as value_weighted,
    {%- endif %}
    cast({{ p if kpi.method in ('persons', 'per_person', 'person_share') else n }} as bigint) as n,
    cast({{ 'case when ' ~ d ~ ' <> 0 then ' ~ p ~ ' else 0 end' if kpi.method == 'ratio' else p }} as bigint) as persons_count,
    cast({{ 'a_' ~ kpi_id if kpi.coverage == 'active' else 'null' }} as bigint) as active_persons_count,
    {%- if kpi.coverage == 'known' %}
    cast(1.0 * kn_{{ kpi_id }} / n_{{ kpi_id }} as double) as coverage,
    {%- else %}
    cast(null as double) as coverage,
    {%- endif %}
    '{{ kpi.coverage or 'none' }}' as coverage_basis,
    {%- for bound, side in [('interval_low', -1), ('interval_high', 1)] %}
    cast(
        {%- if kpi.method == 'nps' -%} {{ cx360.nps_bound(g, b, n, side) }}
        {%- elif kpi.method == 'score' -%} 100.0 * {{ cx360.mean_score_bound(s, q, n, side) }}
        {%- elif kpi.method == 'share' -%} {{ cx360.share_bound(s, n, side) }}
        {%- elif kpi.method == 'person_share' -%} {{ cx360.share_bound(g, p, side) }}
        {%- elif kpi.method == 'mean' -%} {{ cx360.mean_bound(s, q, n, side) }}
        {%- elif kpi.method == 'per_person' -%} {{ cx360.mean_bound(s, q, p, side) }}
        {%- elif kpi.method == 'sum' -%} {{ cx360.total_bound(s, q, n, side) }}
        {%- elif kpi.method == 'count' -%} {{ cx360.count_bound(n, side) }}
        {%- elif kpi.method == 'persons' -%} {{ cx360.count_bound(p, side) }}
        {%- else -%} {{ cx360.ratio_bound(s, 'nullif(' ~ d ~ ', 0)', q, 'c_' ~ kpi_id, 'e_' ~ kpi_id, n, side) }}
        {%- endif %} as double
    ) as {{ bound }},
    {%- endfor %}
    f_{{ kpi_id }} as first_date
from cells
where n_{{ kpi_id }} > 0
    {%- if kpi.dimensions %} and dimension in ('{{ kpi.dimensions | join("', '") }}'){% endif %}
{%- endfor %}
{%- endmacro %}

{#-
    Only the total, channels and stores have days and weeks. Elsewhere these are nearly all of few people,
    and every small cell costs the months beside it.
-#}
{% macro grains_of_dimension(dimension, grains) -%}
    {%- if dimension in ('all', 'channel', 'store') -%}
        {{ return(grains) }}
    {%- endif -%}
    {{ return(grains | reject('in', ['day', 'week']) | list) }}
{%- endmacro %}
