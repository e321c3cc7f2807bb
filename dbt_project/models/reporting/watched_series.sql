with

watched as (
    select * from {{ ref('stg_ml__watched_series') }}
),

series as (
    select * from {{ ref('int_alert_series_named') }}
),

states as (
    select
        code,
        name_en,
        name_de
    from {{ ref('code_labels') }}
    where code_type = 'watch_state'
)

select
    series.series_id,
    series.series_kind,
    series.kpi_id,
    series.topic,
    series.name_en,
    series.name_de,
    series.unit,
    series.direction,
    series.owner,
    coalesce(watched.watch_state, 'no_data') as watch_state,
    states.name_en as watch_state_en,
    states.name_de as watch_state_de,
    watched.first_date,
    watched.last_date,
    watched.overdispersion,
    watched.reference_value,
    watched.decision_limit
from series
left join watched on series.series_id = watched.series_id
left join states on coalesce(watched.watch_state, 'no_data') = states.code
