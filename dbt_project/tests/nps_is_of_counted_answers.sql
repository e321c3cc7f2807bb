{{ config(meta={'dagster': {'ref': {'name': 'int_kpis_of_answers'}}}) }}
-- The NPS of a period is that of its counted answers, one a person.
with

counted as (
    select
        kpi_id,
        grain,
        coalesce(period_start, {{ beginning_of_history() }}) as period_start,
        count(*) as n,
        100.0 * sum(case nps_class when 'promoter' then 1 when 'detractor' then -1 else 0 end) / count(*) as value
    from {{ ref('int_nps_answers_counted') }}
    where count_status = 'counted'
    group by 1, 2, 3
),

cells as (
    select
        kpi_id,
        grain,
        coalesce(period_start, {{ beginning_of_history() }}) as period_start,
        n,
        value
    from {{ ref('int_kpis_of_answers') }}
    where kpi_id in ('nps', 'employee_nps') and dimension = 'all'
)

select
    counted.*,
    cells.n as cell_n,
    cells.value as cell_value
from counted
full outer join cells
    on counted.kpi_id = cells.kpi_id
    and counted.grain = cells.grain
    and counted.period_start = cells.period_start
where
    counted.kpi_id is null
    or cells.kpi_id is null
    or counted.n <> cells.n
    or abs(counted.value - cells.value) > 1e-9
