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
        {{ smaller_cells('waiting_customers_count', 'backlog_date, cell_kind', 'department') }}
    from counted
),

-- Departments add up to `all`. An empty one tells of nobody.
judged as (
    select
        *,
        cell_kind <> 'empty' and waiting_customers_count > 0
        and ({{ is_hidden_cell('waiting_customers_count') }}) as is_suppressed
    from ranked
)

select
    backlog_date,
    department,
    case when not is_suppressed then open_cases_count end as open_cases_count,
    case when not is_suppressed then waiting_customers_count end as waiting_customers_count,
    is_suppressed
from judged
