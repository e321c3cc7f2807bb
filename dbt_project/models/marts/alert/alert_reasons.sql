with

reasons as (
    select * from {{ ref('stg_ml__alert_reasons') }}
),

series as (
    select * from {{ ref('int_alert_series_named') }}
)

select
    reasons.alert_id,
    reasons.reason_series_id,
    series.name_en as series_name_en,
    series.name_de as series_name_de,
    series.unit,
    cast(reasons.reason_rank as bigint) as reason_rank,
    reasons.observed_value,
    reasons.expected_value,
    reasons.effect_size
from reasons
inner join series on reasons.reason_series_id = series.series_id
