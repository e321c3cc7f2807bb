{{ config(meta={'dagster': {'ref': {'name': 'satisfaction_by_dimension_and_period'}}}) }}
-- Means lie on their scale and within their interval, the months of a year have its answers where all are shown, and
-- a hidden cell shows nothing.
with

cells as (
    select * from {{ ref('satisfaction_by_dimension_and_period') }}
),

months as (
    select
        dimension,
        substring(period, 1, 4) as year_period,
        sum(n) as n,
        max(case when is_suppressed then 1 else 0 end) as has_suppressed
    from cells
    where grain = 'month'
    group by dimension, substring(period, 1, 4)
)

select
    cells.dimension,
    cells.period
from cells
left join months on cells.dimension = months.dimension and cells.period = months.year_period
where
    (cells.is_suppressed and coalesce(cells.n, cells.mean_score, cells.mean_normalised, cells.interval_low) is not null)
    or (not cells.is_suppressed and (cells.n is null or cells.n < {{ var('small_cell_minimum') }}))
    or cells.mean_score not between cells.scale_min and cells.scale_max
    or cells.weighted_mean_score not between cells.scale_min and cells.scale_max
    or cells.mean_normalised not between cells.interval_low and cells.interval_high
    or cells.effective_n > cells.n + 0.000001
    or (months.has_suppressed = 0 and months.n <> cells.n)
