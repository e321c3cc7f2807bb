with

history as (
    select * from {{ ref('int_kpi_history_recorded') }}
),

hidden_cells as (
    select * from {{ ref('int_kpi_cells_hidden') }}
)

-- What must not be shown today must not be read from what was shown earlier.
select
    history.kpi_id,
    history.grain,
    history.period,
    history.period_start,
    history.dimension,
    history.dimension_value,
    history.reported_date,
    case when hidden_cells.kpi_id is null then history.value end as value,
    case when hidden_cells.kpi_id is null then history.n end as n,
    hidden_cells.kpi_id is not null as is_suppressed
from history
left join hidden_cells
    on history.kpi_id = hidden_cells.kpi_id
    and history.grain = hidden_cells.grain
    and history.period = hidden_cells.period
    and history.dimension = hidden_cells.dimension
    and history.dimension_value = hidden_cells.dimension_value
