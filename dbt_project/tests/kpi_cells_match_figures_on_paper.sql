{{ config(meta={'dagster': {'ref': {'name': 'int_kpis_of_orders'}}}) }}
-- depends_on: {{ ref('int_kpis_of_orders') }}
-- Every method of kpi_cells on four records of three people: a has 1 (of 2) and then 3 (of 2) in the web,
-- b has 5 (of 4) and c in April 7 (of unknown) in the shop; a answers -1 first and 1 last, with weight 3.
{% set facts %}
    (
        select
            record_key,
            cast(observed_date as date) as observed_date,
            person_key,
            true as is_known_customer,
            channel,
            x,
            d,
            points,
            weight
        from (
            select 'r1' as record_key, '2026-03-01' as observed_date, 'a' as person_key, 'web' as channel, 1 as x, 2 as d, -1 as points, cast(null as double) as weight
            union all
            select 'r2', '2026-03-05', 'a', 'web', 3, 2, 1, 3.0
            union all
            select 'r3', '2026-03-31', 'b', 'shop', 5, 4, -1, null
            union all
            select 'r4', '2026-04-01', 'c', 'shop', 7, null, null, null
        ) as typed
    ) as facts
{% endset %}
{% set kpis = {
    'the_sum': {'method': 'sum', 'x': 'x'},
    'the_count': {'method': 'count', 'where': 'x > 1'},
    'the_mean': {'method': 'mean', 'x': 'x'},
    'the_ratio': {'method': 'ratio', 'x': 'x', 'd': 'd'},
    'the_persons': {'method': 'persons'},
    'per_person': {'method': 'per_person', 'x': 'x'},
    'the_share': {'method': 'share', 'x': 'case when x > 3 then 1 else 0 end'},
    'person_share': {'method': 'person_share', 'x': 'case when x > 3 then 1 else 0 end'},
    'the_score': {'method': 'score', 'x': 'x / 10.0'},
    'the_nps': {'method': 'nps', 'x': 'points'},
} %}
with

actual as (
    select * from (
        {{ kpi_cells(facts, kpis, ['all', 'channel'], grains=['month', 'all'], weight='weight', order_by='record_key') }}
    ) as cells
    where
        (grain = 'all' and dimension = 'all')
        or (period_start = cast('2026-03-01' as date) and dimension = 'all')
        or (grain = 'all' and dimension_value = 'web')
),

expected as (
    {%- for kpi_id, cell, value, n, persons in [
        ('the_sum', 'all', 16, 4, 3), ('the_sum', 'month', 9, 3, 2), ('the_sum', 'web', 4, 2, 1),
        ('the_count', 'all', 3, 3, 3), ('the_count', 'month', 2, 2, 2), ('the_count', 'web', 1, 1, 1),
        ('the_mean', 'all', 4, 4, 3), ('the_mean', 'month', 3, 3, 2), ('the_mean', 'web', 2, 2, 1),
        ('the_ratio', 'all', 1.125, 3, 2), ('the_ratio', 'month', 1.125, 3, 2), ('the_ratio', 'web', 1, 2, 1),
        ('the_persons', 'all', 3, 3, 3), ('the_persons', 'month', 2, 2, 2), ('the_persons', 'web', 1, 1, 1),
        ('per_person', 'all', 16 / 3, 3, 3), ('per_person', 'month', 4.5, 2, 2), ('per_person', 'web', 4, 1, 1),
        ('the_share', 'all', 0.5, 4, 3), ('the_share', 'month', 1 / 3, 3, 2), ('the_share', 'web', 0, 2, 1),
        ('person_share', 'all', 2 / 3, 3, 3), ('person_share', 'month', 0.5, 2, 2), ('person_share', 'web', 0, 1, 1),
        ('the_score', 'all', 40, 4, 3), ('the_score', 'month', 30, 3, 2), ('the_score', 'web', 20, 2, 1),
        ('the_nps', 'all', 0, 2, 2), ('the_nps', 'month', 0, 2, 2), ('the_nps', 'web', 100, 1, 1),
    ] %}
    {{ 'union all' if not loop.first }}
    select '{{ kpi_id }}' as kpi_id, '{{ cell }}' as cell, {{ value }} as value, {{ n }} as n, {{ persons }} as persons_count
    {%- endfor %}
),

compared as (
    select
        expected.*,
        actual.value as actual_value,
        actual.n as actual_n,
        actual.persons_count as actual_persons_count,
        actual.value_weighted
    from expected
    full outer join actual
        on expected.kpi_id = actual.kpi_id
        and expected.cell = case
            when actual.dimension_value = 'web' then 'web' when actual.grain = 'month' then 'month' else 'all'
        end
)

select *
from compared
where
    abs(value - actual_value) > 1e-9
    or value is null
    or actual_value is null
    or n <> actual_n
    or persons_count <> actual_persons_count
    -- Weight 3 for, weight 1 against.
    or (kpi_id = 'the_nps' and cell = 'all' and coalesce(value_weighted, 0) <> 50)
