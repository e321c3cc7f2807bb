{{ config(meta={
    'kpis': {'roi': {'method': 'ratio', 'x': 'gain_less_cost', 'd': 'cost', 'n': 'divisor'}},
    'facts': 'int_kpi_initiatives_observed',
}) }}
with

cells as (
    select
        *,
        coalesce(period_start, {{ beginning_of_history() }}) as joined_start
    from {{ ref('int_kpi_initiatives_summed') }}
),

returns as (
    select * from cells
    where kpi_id = 'roi'
),

sums as (
    select
        grain,
        joined_start,
        max(case when kpi_id = 'cost' then value end) as cost,
        max(case when kpi_id = 'gain_variance' then value end) as gain_variance,
        max(case when kpi_id = 'customers' then value end) as customers_count
    from cells
    group by grain, joined_start
)

-- The people behind a return are the customers of the initiatives, and so is its doubt: that of their effects.
select
    returns.kpi_id,
    returns.grain,
    returns.period_start,
    returns.dimension,
    returns.dimension_value,
    returns.value,
    returns.value_weighted,
    cast(round(sums.cost) as bigint) as n,
    cast(sums.customers_count as bigint) as persons_count,
    returns.active_persons_count,
    returns.coverage,
    returns.coverage_basis,
    returns.value - {{ normal_quantile() }} * sqrt(sums.gain_variance) / sums.cost as interval_low,
    returns.value + {{ normal_quantile() }} * sqrt(sums.gain_variance) / sums.cost as interval_high,
    returns.first_date
from returns
inner join sums on returns.grain = sums.grain and returns.joined_start = sums.joined_start
