with

cases_linked as (
    select * from {{ ref('int_cases_linked') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

joined as (
    select
        cases_linked.concern_id,
        cases_linked.problem_id,
        cases.*,
        cases_linked.is_first_of_concern,
        coalesce(reasons.is_complaint, false) as is_complaint,
        greatest(cases.opened_at, coalesce(cases.reopened_at, cases.opened_at)) as last_asked_at,
        case
            when not cases.is_abandoned and not coalesce(cases.reopened_at > cases.resolved_at, false)
                then cases.resolved_at
        end as solved_at
    from cases_linked
    inner join cases on cases_linked.case_id = cases.case_id
    left join reasons on cases.reason = reasons.reason
),

summarised as (
    select
        concern_id,
        max(case when is_first_of_concern then reason end) as reason,
        max(case when is_complaint then 1 else 0 end) = 1 as is_complaint,
        count(distinct problem_id) as problems_count,
        sum(reopen_count) as reopen_count,
        count(case when is_bot_handover then 1 end) as bot_handovers_count,
        sum(waiting_time_seconds) as waiting_time_seconds,
        max(last_asked_at) as last_asked_at,
        max(solved_at) as solved_at,
        max(
            case
                when
                    not is_abandoned and solved_at is null
                    and not {{ is_ended_status('status') }}
                    then 1
                else 0
            end
        ) = 1 as has_open_case
    from joined
    group by concern_id
)

select
    *,
    case when is_complaint then 'complaint' else 'service' end as journey_type,
    coalesce(solved_at >= last_asked_at, false) as is_resolved,
    has_open_case and not coalesce(solved_at >= last_asked_at, false) as is_open
from summarised
