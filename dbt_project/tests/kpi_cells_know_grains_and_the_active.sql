{{ config(meta={'dagster': {'ref': {'name': 'int_kpis_of_retention'}}}) }}
-- depends_on: {{ ref('int_kpis_of_retention') }}
-- Facts by grain: two people are asked in the month, one in the year and nobody of all time; a is active in the year
-- but not in the month, b in both.
{% set facts %}
    (
        select
            person_key || grain as record_key,
            grain,
            cast('2026-03-01' as date) as observed_date,
            person_key,
            true as is_known_customer,
            x,
            person_key = 'b' as is_active_in_month,
            person_key = 'b' as is_active_in_quarter,
            true as is_active_in_year,
            true as is_active_in_all
        from (
            select 'a' as person_key, 'month' as grain, 1 as x
            union all
            select 'b', 'month', 0
            union all
            select 'a', 'year', 1
        ) as typed
    ) as facts
{% endset %}
with

actual as (
    {{ kpi_cells(
        facts, {'the_share': {'method': 'share', 'x': 'x', 'coverage': 'active'}}, ['all'],
        grains=['month', 'year', 'all'], by_grain=true,
    ) }}
),

expected as (
    select 'month' as grain, 0.5 as value, 2 as n, 1 as active_persons_count
    union all
    select 'year', 1, 1, 1
)

select
    coalesce(expected.grain, actual.grain) as grain,
    actual.value,
    actual.n,
    actual.active_persons_count
from expected
full outer join actual on expected.grain = actual.grain
where
    expected.grain is null
    or actual.grain is null
    or abs(expected.value - actual.value) > 1e-9
    or expected.n <> actual.n
    or expected.active_persons_count <> actual.active_persons_count
