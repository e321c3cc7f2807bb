{{ config(meta={'dagster': {'ref': {'name': 'service_backlog_by_day'}}}) }}
-- Opened less closed since the beginning is what is open now, in every department and in all.
with

open_cases as (
    select
        departments.department,
        count(cases.case_id) as open_cases_count,
        count(distinct cases.person_key) as waiting_customers_count
    from {{ ref('int_service_backlog_counted') }} as departments
    left join (
        select
            identified.case_id,
            identified.department,
            measured.person_key
        from {{ ref('int_cases_identified') }} as identified
        inner join {{ ref('int_cases_measured') }} as measured on identified.case_id = measured.case_id
        where
            identified.opened_date <= {{ as_of_date() }}
            and (measured.closed_date is null or measured.closed_date > {{ as_of_date() }})
    ) as cases on departments.department in (cases.department, 'all')
    where departments.backlog_date = {{ as_of_date() }}
    group by departments.department
)

select
    counted.department,
    counted.open_cases_count,
    open_cases.open_cases_count as expected_count
from {{ ref('int_service_backlog_counted') }} as counted
inner join open_cases on counted.department = open_cases.department
left join {{ ref('service_backlog_by_day') }} as reported
    on counted.department = reported.department and counted.backlog_date = reported.backlog_date
where
    counted.backlog_date = {{ as_of_date() }}
    and (
        counted.open_cases_count <> open_cases.open_cases_count
        or counted.waiting_customers_count <> open_cases.waiting_customers_count
        or (not reported.is_suppressed and reported.open_cases_count <> counted.open_cases_count)
        or reported.department is null
    )
