{{ config(meta={
    'kpis': {'ctr': {'method': 'ratio', 'x': 'clicks_count', 'd': 'impressions_count', 'n': 'divisor'}},
    'facts': 'int_kpi_ad_days_observed',
}) }}
with

cells as (
    select * from {{ ref('int_kpi_ad_days_summed') }}
)

-- What it rests on are impressions; they are not people whom a small cell could give away.
select
    rates.kpi_id,
    rates.grain,
    rates.period_start,
    rates.dimension,
    rates.dimension_value,
    rates.value,
    rates.value_weighted,
    cast(impressions.value as bigint) as n,
    cast(impressions.value as bigint) as persons_count,
    rates.active_persons_count,
    rates.coverage,
    rates.coverage_basis,
    greatest(0.0, rates.interval_low) as interval_low,
    least(1.0, rates.interval_high) as interval_high,
    rates.first_date
from cells as rates
inner join cells as impressions
    on rates.grain = impressions.grain
    and coalesce(rates.period_start, {{ beginning_of_history() }})
    = coalesce(impressions.period_start, {{ beginning_of_history() }})
    and rates.dimension = impressions.dimension
    and rates.dimension_value = impressions.dimension_value
where rates.kpi_id = 'ctr' and impressions.kpi_id = 'impressions'
