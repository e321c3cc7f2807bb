with

counted as (
    select
        *,
        case
            when department = 'all' then 'all'
            when waiting_customers_count = 0 then 'empty'
            else 'department'
        end as cell_kind
    from {{ ref('int_service_backlog_counted') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by backlog_date, cell_kind order by waiting_customers_count asc, department asc
        ) as smallest_rank,
        min(waiting_customers_count) over (partition by backlog_date, cell_kind) as smallest_count
    from counted
),

-- Departments add up to `all`: a small cell hides only together with the next one. An empty one tells of nobody.
judged as (
    select
        *,
        cell_kind <> 'empty' and waiting_customers_count > 0
        and (
            waiting_customers_count < {{ var('small_cell_minimum') }}
            or (cell_kind = 'department' and smallest_rank = 2 and smallest_count < {{ var('small_cell_minimum') }})
        ) as is_suppressed
    from ranked
)

select
    backlog_date,
    department,
    case when not is_suppressed then open_cases_count end as open_cases_count,
    case when not is_suppressed then waiting_customers_count end as waiting_customers_count,
    is_suppressed
from judged
