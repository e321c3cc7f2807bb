{#-
    A day shows no more than kpi_values shows of it: where a KPI hides the day, value and bounds are empty, as the
    bounds tell how many records there were. What is no KPI shows counts rounded to the smallest cell and shares of such
    counts, with the bounds of as many records, but only where that moves a day by little of what days differ by; means
    are rounded as everywhere. Bounds end where values can only afterwards: one that was cut before it was widened
    would tell by how much, and with it the count.
-#}
{%- set least = var('small_cell_minimum') -%}
{%- set bound_places = 3 -%}
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
        is_suppressed
    from {{ ref('kpi_values') }}
    where grain = 'day' and dimension = 'all'
),

joined as (
    select
        days.*,
        series.series_kind,
        series.statistic,
        kpi_days.is_suppressed as is_kpi_hidden,
        (days.expected_high - days.expected_low) / 2 as half_width,
        {{ rounded_count('days.records_count') }} as shown_count
    from days
    inner join series on days.series_id = series.series_id
    left join kpi_days
        on series.kpi_id = kpi_days.kpi_id
        and days.observed_date = kpi_days.period_start
),

judged as (
    select
        *,
        case
            when series_kind = 'kpi'
                then coalesce(is_kpi_hidden, true) or (statistic <> 'count' and records_count < {{ least }})
            when statistic = 'mean' then records_count < {{ least }}
            else coalesce(half_width * exposure < {{ 2 * least }}, true)
        end as is_suppressed,
        case
            when series_kind <> 'kpi' and statistic = 'share' then half_width * sqrt(1.0 * records_count / shown_count)
            else half_width
        end as shown_half_width
    from joined
),

shown as (
    select
        *,
        case
            when series_kind = 'kpi' then value
            when statistic = 'mean' then {{ rounded_mean('value', 'records_count') }}
            when statistic = 'count' then {{ least }} * round(value * exposure / {{ least }}) / exposure
            else {{ least }} * round(value * exposure / {{ least }}) / shown_count
        end as shown_value,
        case
            when series_kind <> 'kpi' and statistic = 'share'
                then round(expected_value - shown_half_width, {{ bound_places }})
            when series_kind <> 'kpi' and statistic = 'mean'
                then {{ rounded_mean('expected_value - shown_half_width', 'records_count') }}
            else expected_value - shown_half_width
        end as bound_low,
        case
            when series_kind <> 'kpi' and statistic = 'share'
                then round(expected_value + shown_half_width, {{ bound_places }})
            when series_kind <> 'kpi' and statistic = 'mean'
                then {{ rounded_mean('expected_value + shown_half_width', 'records_count') }}
            else expected_value + shown_half_width
        end as bound_high
    from judged
)

select
    series_id,
    observed_date,
    case when not is_suppressed then cast(shown_value as double) end as value,
    expected_value,
    {%- for side in ['low', 'high'] %}
    case
        when is_suppressed or bound_{{ side }} is null then null
        when statistic = 'share' then least(greatest(bound_{{ side }}, 0.0), 1.0)
        when statistic = 'count' then greatest(bound_{{ side }}, 0.0)
        else bound_{{ side }}
    end as expected_{{ side }},
    {%- endfor %}
    is_suppressed
from shown
