{{ config(meta={'dagster': {'ref': {'name': 'routing_queue'}}}) }}
-- The open cases of the queue are those of the backlog of the last day, less the mirrors among them.
with

queued as (
    select count(*) as cases_count from {{ ref('routing_queue') }}
    where queue_reason = 'open_case'
),

mirrors as (
    select count(*) as cases_count
    from {{ ref('cases') }} as cases
    inner join {{ ref('int_cases_measured') }} as measured on cases.case_id = measured.case_id
    where
        cases.is_mirror
        and cases.opened_date <= {{ as_of_date() }}
        and (measured.closed_date is null or measured.closed_date > {{ as_of_date() }})
),

backlog as (
    select open_cases_count from {{ ref('int_service_backlog_counted') }}
    where department = 'all' and backlog_date = {{ as_of_date() }}
)

select
    queued.cases_count,
    mirrors.cases_count as mirrors_count,
    backlog.open_cases_count
from queued
cross join mirrors
cross join backlog
where queued.cases_count + mirrors.cases_count <> backlog.open_cases_count
