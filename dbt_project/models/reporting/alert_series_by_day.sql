{#-
    A day shows no more than kpi_values shows of it: where a KPI hides the day, value and bounds are empty, as the
    bounds tell how many records there were. What no KPI counts by day is rounded: a count to the smallest cell, a
    share to that of rounded counts, and its bounds are those of as many records.
-#}
{%- set least = var('small_cell_minimum') -%}
with

days as (
    select * from {{ ref('stg_ml__alert_series_days') }}
),

series as (
    select * from {{ ref('int_alert_series_named') }}
),

kpi_days as (
    select
        kpi_id,
        period_start,
        value,
        is_suppressed
    from {{ ref('kpi_values') }}
    where grain = 'day' and dimension = 'all'
),

joined as (
    select
        days.*,
        series.series_kind,
        series.statistic,
        kpi_days.value as kpi_value,
        case
            when series.series_kind = 'kpi' then coalesce(kpi_days.is_suppressed, true)
            when series.statistic = 'count' then days.records_count between 1 and {{ least }} - 1
            else days.records_count < {{ least }}
        end as is_suppressed,
        {{ rounded_count('days.records_count') }} as shown_count
    from days
    inner join series on days.series_id = series.series_id
    left join kpi_days
        on series.kpi_id = kpi_days.kpi_id
        and days.observed_date = kpi_days.period_start
),

shown as (
    select
        *,
        case
            when series_kind <> 'kpi' and statistic <> 'count' then sqrt(1.0 * records_count / shown_count)
            else 1.0
        end as bound_factor,
        case
            when series_kind = 'kpi' then kpi_value
            when statistic = 'count' then coalesce(value * shown_count / nullif(records_count, 0), 0)
            else 1.0 * {{ least }} * round(value * records_count / {{ least }}) / shown_count
        end as shown_value
    from joined
)

select
    series_id,
    observed_date,
    case when not is_suppressed then cast(shown_value as double) end as value,
    expected_value,
    case when not is_suppressed then expected_value - (expected_value - expected_low) * bound_factor end
        as expected_low,
    case when not is_suppressed then expected_value + (expected_high - expected_value) * bound_factor end
        as expected_high,
    is_suppressed
from shown
