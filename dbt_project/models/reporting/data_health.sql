with

subjects as (
    select * from {{ ref('int_health_subjects_measured') }}
),

findings as (
    select * from {{ ref('int_health_findings_derived') }}
),

inputs as (
    select * from {{ ref('health_inputs') }}
    where is_main
),

feeds as (
    select * from {{ ref('int_feeds_assessed') }}
),

main_feeds as (
    select
        inputs.subject_type,
        inputs.subject,
        max(case when feeds.is_delivered then 1 else 0 end) as is_delivered,
        max(case when feeds.entity is not null then 1 else 0 end) as is_announced
    from inputs
    left join feeds on inputs.entity = feeds.entity
    group by inputs.subject_type, inputs.subject
),

held_back as (
    select
        inputs.subject_type,
        inputs.subject,
        sum(feeds.quarantined_loads_count) as quarantined_loads_count
    from {{ ref('health_inputs') }} as inputs
    inner join feeds on inputs.entity = feeds.entity
    group by inputs.subject_type, inputs.subject
),

-- Of findings of one kind only the worst counts: one late system is one cause, however many extracts it sends.
checks as (
    select
        subject_type,
        subject,
        check_name,
        max(points) as points
    from findings
    group by subject_type, subject, check_name
),

totals as (
    select
        subject_type,
        subject,
        sum(points) as points
    from checks
    group by subject_type, subject
),

told as (
    select
        subject_type,
        subject,
        replace({{ joined_lines('reason', 'reason') }}, chr(10), ' ') as reasons,
        min(stale_since_date) as stale_since_date
    from findings
    group by subject_type, subject
),

judged as (
    select
        subjects.*,
        coalesce(totals.points, 0) as points,
        told.reasons as told_reasons,
        told.stale_since_date,
        coalesce(held_back.quarantined_loads_count, 0) as quarantined_loads_count,
        case
            when subjects.rows_count > 0 then 'graded'
            when coalesce(main_feeds.is_announced, 0) = 0 then 'not delivered'
            when main_feeds.is_delivered = 0 or totals.points >= 5 then 'nothing usable'
            else 'no rows yet'
        end as condition
    from subjects
    left join totals on subjects.subject_type = totals.subject_type and subjects.subject = totals.subject
    left join told on subjects.subject_type = told.subject_type and subjects.subject = told.subject
    left join main_feeds on subjects.subject_type = main_feeds.subject_type and subjects.subject = main_feeds.subject
    left join held_back on subjects.subject_type = held_back.subject_type and subjects.subject = held_back.subject
)

select
    subject_type,
    subject,
    case condition
        when 'graded' then substring('ABCDEF', cast(1 + least(points, 5) as integer), 1)
        when 'nothing usable' then 'F'
    end as grade,
    case
        when condition = 'graded' then coalesce(told_reasons, 'nothing to report')
        else condition || coalesce(': ' || told_reasons, '')
    end as reasons,
    stale_since_date,
    rows_count,
    latest_date,
    cast(days_behind as bigint) as days_behind,
    coverage,
    cast(quarantined_loads_count as bigint) as quarantined_loads_count,
    as_of_date
from judged
