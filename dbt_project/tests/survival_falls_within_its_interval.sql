{{ config(meta={'dagster': {'ref': {'name': 'tenure_survival'}}}) }}
-- Survival starts at 1, never rises, lies within its interval, and nobody is lost or at risk who was not before.
with

months as (
    select
        *,
        lag(survival) over (partition by dimension, dimension_value order by tenure_month) as previous_survival,
        lag(at_risk_count) over (partition by dimension, dimension_value order by tenure_month) as previous_at_risk_count
    from {{ ref('tenure_survival') }}
)

select *
from months
where
    (is_suppressed and coalesce(at_risk_count, lost_count, survival, interval_low, interval_high) is not null)
    or (tenure_month = 0 and survival <> 1)
    or survival > previous_survival
    or survival < interval_low
    or survival > interval_high
    or at_risk_count + lost_count > previous_at_risk_count
