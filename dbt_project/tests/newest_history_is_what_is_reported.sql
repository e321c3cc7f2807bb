{{ config(meta={'dagster': {'ref': {'name': 'kpi_history'}}}) }}
-- Of every cell with a history, what it said last up to the as-of date is the value of today, and one date
-- says one thing.
with

history as (
    select
        history.*,
        row_number() over (
            partition by history.kpi_id, history.grain, history.period, history.dimension, history.dimension_value
            order by history.reported_date desc
        ) as newest_rank,
        count(*) over (
            partition by
                history.kpi_id, history.grain, history.period, history.dimension, history.dimension_value,
                history.reported_date
        ) as rows_count
    from {{ ref('kpi_history') }} as history
    cross join (select {{ as_of_date() }} as as_of_date) as bounds
    where history.reported_date <= bounds.as_of_date
)

select
    history.*,
    kpi_values.value as current_value
from history
left join {{ ref('kpi_values') }} as kpi_values
    on history.kpi_id = kpi_values.kpi_id
    and history.grain = kpi_values.grain
    and history.period = kpi_values.period
    and history.dimension = kpi_values.dimension
    and history.dimension_value = kpi_values.dimension_value
where
    history.rows_count > 1
    or (
        history.newest_rank = 1
        and (
            history.n <> kpi_values.n
            or abs(history.value - kpi_values.value) > 1e-9 * greatest(1.0, abs(history.value))
        )
    )
