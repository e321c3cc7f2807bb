{#- What speaks for leaving beside the rhythm of purchases, before anything is inferred. -#}
with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
)

select
    cases.identity_record_key,
    count(*) as open_complaints_count
from cases
inner join reasons on cases.reason = reasons.reason
cross join calendar
where
    reasons.is_complaint
    and cases.identity_record_key is not null
    and cases.opened_date <= calendar.as_of_date
    and not cases.is_abandoned
    and not {{ is_ended_status('cases.status') }}
    and (cases.resolved_date is null or cases.reopened_at > cases.resolved_at)
group by cases.identity_record_key
