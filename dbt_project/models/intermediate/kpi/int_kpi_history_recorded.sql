{#- A dimension that describes the customer of today is no history; products and accounts are too many. -#}
{%- set recorded_dimensions = [
    'all', 'channel', 'store', 'partner', 'department', 'touchpoint', 'product_category', 'region',
    'acquisition_channel', 'reason', 'topic',
] -%}
with

history as (
    select * from {{ ref('stg_ingestion__kpi_history') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

-- What this as-of date published earlier is replaced by what it publishes now.
kept as (
    select history.*
    from history
    cross join bounds
    where history.reported_date <> bounds.as_of_date
),

ranked as (
    select
        kept.*,
        row_number() over (
            partition by kept.kpi_id, kept.grain, kept.period, kept.dimension, kept.dimension_value
            order by kept.reported_date desc
        ) as newest_rank
    from kept
    cross join bounds
    where kept.reported_date < bounds.as_of_date
),

latest as (
    select * from ranked
    where newest_rank = 1
),

current_values as (
    select * from {{ ref('int_kpi_values_compared') }}
    where
        not is_suppressed
        and is_period_complete
        and grain in ('month', 'quarter', 'year')
        and dimension in (
            {%- for dimension in recorded_dimensions %}
            '{{ dimension }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
),

changed as (
    select
        current_values.kpi_id,
        current_values.grain,
        current_values.period,
        current_values.period_start,
        current_values.dimension,
        current_values.dimension_value,
        bounds.as_of_date as reported_date,
        current_values.value,
        current_values.n
    from current_values
    cross join bounds
    left join latest
        on current_values.kpi_id = latest.kpi_id
        and current_values.grain = latest.grain
        and current_values.period = latest.period
        and current_values.dimension = latest.dimension
        and current_values.dimension_value = latest.dimension_value
    where
        latest.kpi_id is null
        or current_values.n <> latest.n
        or abs(current_values.value - latest.value) > 1e-9 * greatest(1.0, abs(latest.value))
)

select * from kept
union all
select * from changed
