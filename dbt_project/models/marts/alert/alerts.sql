with

alerts as (
    select * from {{ ref('stg_ml__alerts') }}
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
    where code_type = 'alert_state'
),

endings as (
    select
        code,
        name_en,
        name_de
    from {{ ref('code_labels') }}
    where code_type = 'alert_end_reason'
)

select
    alerts.alert_id,
    alerts.event_id,
    alerts.is_leading,
    alerts.series_id,
    series.series_kind,
    series.kpi_id,
    series.topic,
    series.name_en as series_name_en,
    series.name_de as series_name_de,
    series.unit,
    series.owner,

    alerts.alert_state,
    states.name_en as alert_state_en,
    states.name_de as alert_state_de,
    alerts.change_direction,
    alerts.is_worse,
    alerts.started_date,
    alerts.raised_date,
    alerts.ended_date,
    alerts.closed_date,
    alerts.end_reason,
    endings.name_en as end_reason_en,
    endings.name_de as end_reason_de,
    alerts.first_reported_date,
    alerts.acknowledged_date,

    cast(alerts.days_count as bigint) as days_count,
    cast(alerts.records_count as bigint) as records_count,
    alerts.observed_value,
    alerts.expected_value,
    alerts.change_size,
    alerts.change_low,
    alerts.change_high,
    alerts.change_share,
    alerts.effect_size,
    alerts.headline_en,
    alerts.headline_de,
    alerts.reason_en,
    alerts.reason_de,
    alerts.model_version
from alerts
inner join series on alerts.series_id = series.series_id
left join states on alerts.alert_state = states.code
left join endings on alerts.end_reason = endings.code
