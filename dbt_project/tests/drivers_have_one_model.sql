{{ config(meta={'dagster': {'ref': {'name': 'satisfaction_drivers'}}}) }}
-- The shares of a model's factors add up to one, every factor belongs to a model, and a factor is in a slice once. A
-- survey that asks nothing else has a model without factors, which says so.
with

drivers as (
    select
        outcome,
        factor_set,
        dimension,
        dimension_value,
        grain,
        period,
        sum(importance_share) as share,
        sum(importance) as explained,
        count(importance_share) as factors_count,
        count(*) - count(distinct factor) as repeated_count
    from {{ ref('satisfaction_drivers') }}
    group by outcome, factor_set, dimension, dimension_value, grain, period
),

models as (
    select * from {{ ref('driver_models') }}
)

select
    drivers.*,
    models.r_squared
from drivers
full outer join models
    on drivers.outcome = models.outcome
    and drivers.factor_set = models.factor_set
    and drivers.dimension = models.dimension
    and drivers.dimension_value = models.dimension_value
    and drivers.grain = models.grain
    and drivers.period = models.period
where
    models.outcome is null
    or (drivers.outcome is null and (models.factors_count > 0 or models.r_squared is not null))
    or drivers.repeated_count > 0
    or abs(drivers.share - 1) > 0.000001
    or abs(drivers.explained - models.r_squared) > 0.000001
    or (models.r_squared is not null and drivers.factors_count <> models.factors_count)
