{{ config(meta={'dagster': {'ref': {'name': 'campaign_revenue_by_month'}}}) }}
-- A shown cell has enough customers; a hidden one shows nothing and is never alone beside shown ones,
-- so that it cannot be computed back from the total of the month, or of an acquisition channel in it.
with

cells as (
    select
        'campaign_revenue_by_month' as report,
        attribution_model || '|' || period as total,
        customers_count,
        coalesce(cast(customers_count as double), orders_credited, cast(revenue as double)) as figure,
        is_suppressed
    from {{ ref('campaign_revenue_by_month') }}
    union all
    select
        'acquisition_by_month' as report,
        period as total,
        customers_count,
        coalesce(cast(customers_count as double), cast(acquisition_cost as double)) as figure,
        is_suppressed
    from {{ ref('acquisition_by_month') }}
    union all
    select
        'acquisition_by_month' as report,
        period || '|' || acquisition_channel as total,
        customers_count,
        coalesce(cast(customers_count as double), cast(acquisition_cost as double)) as figure,
        is_suppressed
    from {{ ref('acquisition_by_month') }}
)

select
    report,
    total
from cells
group by report, total
having
    max(case when is_suppressed and figure is not null then 1 else 0 end) = 1
    or max(case when not is_suppressed and customers_count < {{ var('small_cell_minimum') }} then 1 else 0 end) = 1
    or (sum(case when is_suppressed then 1 else 0 end) = 1 and count(*) > 1)
