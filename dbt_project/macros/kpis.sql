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
    `weight` where survey weights are.

    What the records add up to is summed per day (month, where a dimension has no days) and then over these
    few sums. People cannot be added up: who came on two days is one in their week. So they are carried up
    from grain to grain, each from the one below, as one row per person and value, told apart by 64-bit
    numbers of the keys; what they did in it is a bit per KPI. Dimensions of the customer share one such row.
    A model that makes something else of its cells says so in its definitions, for `cx360 explain kpi`:
    `share_of` names the KPI whose count the own one is divided by, `total_in` the dimensions in which that
    is the total's; `n: divisor` says that `n` is what was divided by.
    A ratio whose divisor is nothing has no value and rests on nobody, but its cell is there: it is a part
    of the total, and suppression must know it.
-#}
{% macro kpi_cells(relation, kpis, dimensions, grains=none, weight=none, order_by=none, by_grain=false) -%}
    {%- set plan = cx360.kpi_plan(kpis, dimensions, grains, weight, by_grain) -%}
with

{{ cx360.kpi_records(plan, relation, order_by) }}

{{ cx360.kpi_sums(plan) }}

{{ cx360.kpi_people(plan) }}

cells as (
    select
        sums.grain,
        sums.period_start,
        sums.dimension,
        sums.dimension_value,
        {%- for kpi_id, kpi in plan.kpis.items() %}
        {%- for part in plan.sum_parts[kpi_id] %}
        sums.{{ part }}_{{ kpi_id }},
        {%- endfor %}
        {%- for part in plan.people_parts[kpi_id] %}
        people.{{ part }}_{{ kpi_id }},
        {%- endfor %}
        sums.f_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    inner join people
        on sums.grain = people.grain
        and coalesce(sums.period_start, {{ cx360.beginning_of_history() }}) = people.joined_start
        and sums.dimension = people.dimension
        and {{ cx360.key_number('sums.dimension_value') }} = people.value_number
)
{% for kpi_id, kpi in plan.kpis.items() %}
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
    What the steps of kpi_cells share: `parts` are the dimensions but the total, `base_keys` what each is summed
    by first, `scans` for what people are counted apart, `sum_parts` and `people_parts` the columns of a KPI,
    `flags` how a bit of what a person did is read.
    Columns are named by part: n records, kn of known customers, s sum of x, q of squares, d of the divisor,
    e its squares, c products; v, u, w weighted sum, weights and their number; p people, a active ones,
    g and b people with something good and bad, f first date.
-#}
{% macro kpi_plan(kpis, dimensions, grains, weight, by_grain) -%}
    {%- set grains = grains or ['day', 'week', 'month', 'quarter', 'year', 'all'] -%}
    {%- set of_customer = ['segment', 'region', 'acquisition_channel'] | select('in', dimensions) | list -%}
    {%- set parts = dimensions | reject('equalto', 'all') | list -%}
    {%- set base_keys = {} -%}
    {%- for dimension in dimensions -%}
        {%- set has_days = 'day' in cx360.grains_of_dimension(dimension, grains) -%}
        {%- do base_keys.update({
            dimension: ['grain', 'base_start'] if by_grain else ['observed_date' if has_days else 'base_start'],
        }) -%}
    {%- endfor -%}
    {%- set active_grains = ['month', 'quarter', 'year', 'all'] if kpis.values()
        | selectattr('coverage', 'defined') | selectattr('coverage', 'equalto', 'active') | list else [] -%}
    {%- set conditions = {'known': 'is_known_customer'} -%}
    {%- for grain in active_grains -%}
        {%- do conditions.update({'active_' ~ grain: 'is_active_in_' ~ grain}) -%}
    {%- endfor -%}
    {%- set sum_parts, people_parts = {}, {} -%}
    {%- for kpi_id, kpi in kpis.items() -%}
        {%- do conditions.update({kpi_id: 'x_' ~ kpi_id ~ ' is not null'}) -%}
        {%- if kpi.method == 'person_share' -%}
            {%- do conditions.update({'any_' ~ kpi_id: 'x_' ~ kpi_id ~ ' > 0'}) -%}
        {%- endif -%}
        {%- set both = ['n'] + (['kn'] if kpi.coverage == 'known' else []) + (['v', 'u', 'w'] if weight else []) -%}
        {%- do sum_parts.update({kpi_id: [] if kpi.method == 'nps' else both + ['s'] + {
            'score': ['q'], 'mean': ['q'], 'sum': ['q'], 'ratio': ['q', 'd', 'c', 'e'],
        }.get(kpi.method, [])}) -%}
        {%- do people_parts.update({kpi_id: ['p'] + (['a'] if kpi.coverage == 'active' else []) + {
            'nps': both + ['g', 'b'], 'per_person': ['q'], 'person_share': ['g'],
        }.get(kpi.method, [])}) -%}
    {%- endfor -%}
    {%- set flags = {} -%}
    {%- for name in conditions -%}
        {%- do flags.update({name: '(flags & ' ~ 2 ** loop.index0 ~ ') > 0'}) -%}
    {%- endfor -%}
    {{ return({
        'kpis': kpis, 'dimensions': dimensions, 'grains': grains, 'weight': weight, 'by_grain': by_grain,
        'of_customer': of_customer, 'parts': parts, 'base_keys': base_keys,
        'scans': (['customer'] if 'all' in dimensions or of_customer else [])
            + (parts | reject('in', of_customer) | list),
        'active_grains': active_grains, 'conditions': conditions, 'flags': flags,
        'sum_parts': sum_parts, 'people_parts': people_parts,
    }) }}
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
