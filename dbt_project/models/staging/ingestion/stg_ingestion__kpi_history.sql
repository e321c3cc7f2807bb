select
    kpi_id,
    grain,
    period,
    period_start,
    dimension,
    dimension_value,
    reported_date,
    value,
    n
from {{ source('raw', 'kpi_history') }}
