with

changes as (
    select * from {{ ref('stg_ml__series_changes') }}
),

series as (
    select * from {{ ref('int_alert_series_named') }}
)

select
    changes.series_id,
    series.name_en as series_name_en,
    series.name_de as series_name_de,
    series.unit,
    changes.changed_date,
    changes.level_before,
    changes.level_after,
    changes.change_size,
    changes.change_low,
    changes.change_high,
    changes.model_version
from changes
inner join series on changes.series_id = series.series_id
