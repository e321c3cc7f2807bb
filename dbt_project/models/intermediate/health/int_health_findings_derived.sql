with

subjects as (
    select * from {{ ref('int_health_subjects_measured') }}
),

feeds as (
    select * from {{ ref('int_feeds_assessed') }}
),

event_hours as (
    select * from {{ ref('int_event_hours_compared') }}
),

scores as (
    select * from {{ ref('int_scores_checked') }}
),

inputs as (
    select
        inputs.subject_type,
        inputs.subject,
        inputs.is_main,
        feeds.*,
        feeds.label || ' from ' || feeds.source_system as feed,
        event_hours.moved_hours,
        event_hours.gain_per_event,
        scores.scores,
        scores.scores_count,
        scores.beyond_scale_count,
        scores.beyond_scale_share
    from {{ ref('health_inputs') }} as inputs
    inner join feeds on inputs.entity = feeds.entity
    left join event_hours
        on feeds.source_system = event_hours.source_system
        and feeds.label = event_hours.label
    left join scores
        on inputs.scores = scores.scores
        and feeds.source_system = scores.source_system
),

findings as (
    select
        subject_type,
        subject,
        'admission' as check_name,
        {{ finding_points(2, 1) }} as points,
        feed || ': ' || case
            when unreadable_extracts_count > 0
                then cast(unreadable_extracts_count as string) || ' extract missing or not readable'
            else ''
        end || case when unreadable_extracts_count > 0 and quarantined_loads_count > 0 then ', ' else '' end || case
            when quarantined_loads_count > 0
                then cast(quarantined_loads_count as string) || ' load in quarantine'
            else ''
        end || case when is_stale then ', ' || {{ stale_text('newest_date') }} else '' end || '.' as reason,
        case when is_stale then newest_date end as stale_since_date
    from inputs
    where quarantined_loads_count + unreadable_extracts_count > 0

    union all

    select
        subject_type,
        subject,
        'freshness' as check_name,
        case when periods_behind > 7 then {{ finding_points(2, 1) }} else 1 end as points,
        feed || ': expected every ' || case
            when expected_every_days >= 1 then cast(cast(expected_every_days as integer) as string) || ' day(s)'
            else cast(cast(round(24 * expected_every_days) as integer) as string) || ' hours'
        end || ', ' || {{ stale_text('newest_date') }} || '.' as reason,
        newest_date as stale_since_date
    from inputs
    where periods_behind > 1 and days_behind > 1

    union all

    select
        subject_type,
        subject,
        'freshness' as check_name,
        case when days_behind > 3 * {{ var('stale_after_days') }} then 2 else 1 end as points,
        'Latest ' || case when subject_type = 'kpi' then 'period' else 'fact' end || ' '
        || cast(days_behind as string) || ' days behind.' as reason,
        latest_date as stale_since_date
    from subjects
    where days_behind > {{ var('stale_after_days') }} and rows_count > 0

    union all

    select
        subject_type,
        subject,
        'rows' as check_name,
        {{ finding_points(2, 1) }} as points,
        feed || ': ' || cast(rows_read as string) || ' rows in the newest extract, usual are '
        || cast(cast(round(usual_rows) as integer) as string) || '.' as reason,
        cast(null as date) as stale_since_date
    from inputs
    where rows_ratio <= 0.55 or rows_ratio >= 1.8

    union all

    select
        subject_type,
        subject,
        'rejects' as check_name,
        1 as points,
        feed || ': ' || {{ percent_text('rejected_share') }} || ' of the rows rejected.' as reason,
        cast(null as date) as stale_since_date
    from inputs
    where rejected_share > 0.01 and rows_rejected > 5

    union all

    -- Figures of months do not notice some hours; what shows the time itself does.
    select
        subject_type,
        subject,
        'times' as check_name,
        2 as points,
        feed || ': times moved by about ' || cast(moved_hours as string) || ' hours.' as reason,
        cast(null as date) as stale_since_date
    from inputs
    where subject_type = 'mart' and is_main and moved_hours <> 0 and gain_per_event >= 0.1

    union all

    select
        subject_type,
        subject,
        'scale' as check_name,
        case
            when beyond_scale_share > 0.05 then {{ finding_points(5, 2) }}
            else 1
        end as points,
        source_system || ': ' || {{ percent_text('beyond_scale_share') }} || ' of the '
        || case when scores = 'any' then '' else scores || ' ' end
        || 'scores lie outside the scale of their question.' as reason,
        cast(null as date) as stale_since_date
    from inputs
    where beyond_scale_share > 0.01 and beyond_scale_count >= 3

    union all

    select
        subject_type,
        subject,
        'coverage' as check_name,
        case when coverage < coverage_target / 2 then 2 else 1 end as points,
        case when subject_type = 'kpi' then 'Coverage ' else 'Rows with a known customer: ' end
        || {{ percent_text('coverage') }} || ', below ' || {{ percent_text('coverage_target') }} || '.' as reason,
        cast(null as date) as stale_since_date
    from subjects
    where coverage < coverage_target
)

-- Two inputs may tell the same; it is told once.
select
    subject_type,
    subject,
    check_name,
    reason,
    max(points) as points,
    min(stale_since_date) as stale_since_date
from findings
group by subject_type, subject, check_name, reason
