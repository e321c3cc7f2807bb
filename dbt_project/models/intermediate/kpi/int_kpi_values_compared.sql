with

kpis as (
    select * from {{ ref('int_kpi_values_unioned') }}
),

hidden_cells as (
    select * from {{ ref('int_kpi_cells_hidden') }}
),

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

-- A hidden cell without anything in it looks like any other hidden one.
cells as (
    select
        coalesce(kpis.kpi_id, hidden_cells.kpi_id) as kpi_id,
        coalesce(kpis.grain, hidden_cells.grain) as grain,
        coalesce(kpis.period, hidden_cells.period) as period,
        coalesce(kpis.period_start, hidden_cells.period_start) as period_start,
        coalesce(kpis.dimension, hidden_cells.dimension) as dimension,
        coalesce(kpis.dimension_value, hidden_cells.dimension_value) as dimension_value,
        hidden_cells.kpi_id is not null as is_suppressed,
        {%- for column in [
            'value', 'value_weighted', 'n', 'interval_low', 'interval_high', 'coverage',
        ] %}
        case when hidden_cells.kpi_id is null then kpis.{{ column }} end as {{ column }},
        {%- endfor %}
        case
            when hidden_cells.kpi_id is null
                then (kpis.interval_high - kpis.interval_low) / (2 * {{ normal_quantile() }})
        end as standard_error
    from kpis
    full outer join hidden_cells
        on kpis.kpi_id = hidden_cells.kpi_id
        and kpis.grain = hidden_cells.grain
        and kpis.period = hidden_cells.period
        and kpis.dimension = hidden_cells.dimension
        and kpis.dimension_value = hidden_cells.dimension_value
),

dated as (
    select
        cells.*,
        coalesce({{ period_end('cells.grain', 'cells.period_start') }} <= bounds.as_of_date, true) as is_period_complete,
        {{ earlier_period_start('cells.grain', 'cells.period_start', false) }} as previous_start,
        {{ earlier_period_start('cells.grain', 'cells.period_start', true) }} as year_before_start
    from cells
    cross join bounds
),

compared as (
    select
        dated.*,
        {%- for name, earlier in [('change', 'previous'), ('year_change', 'year_before')] %}
        case when dated.is_period_complete then dated.value - {{ earlier }}.value end as {{ name }},
        case
            when dated.is_period_complete
                then sqrt(power(dated.standard_error, 2) + power({{ earlier }}.standard_error, 2))
        end as {{ name }}_error{{ ',' if not loop.last }}
        {%- endfor %}
    from dated
    {%- for earlier in ['previous', 'year_before'] %}
    left join dated as {{ earlier }}
        on dated.kpi_id = {{ earlier }}.kpi_id
        and dated.grain = {{ earlier }}.grain
        and dated.{{ earlier }}_start = {{ earlier }}.period_start
        and dated.dimension = {{ earlier }}.dimension
        and dated.dimension_value = {{ earlier }}.dimension_value
    {%- endfor %}
)

-- Rounded, or the order in which an engine sums would decide on what is equal.
select
    compared.kpi_id,
    compared.grain,
    compared.period,
    compared.period_start,
    compared.dimension,
    compared.dimension_value,
    compared.value,
    compared.value_weighted,
    compared.n,
    compared.interval_low,
    compared.interval_high,
    compared.coverage,
    compared.change,
    abs(round(compared.change, 9)) > {{ normal_quantile() }} * compared.change_error as is_change_significant,
    compared.year_change,
    abs(round(compared.year_change, 9)) > {{ normal_quantile() }} * compared.year_change_error as is_year_change_significant,
    catalogue.target,
    case
        when catalogue.direction = 'down' then round(compared.value, 9) <= catalogue.target
        else round(compared.value, 9) >= catalogue.target
    end as is_target_reached,
    compared.is_period_complete,
    compared.is_suppressed
from compared
left join catalogue
    on compared.kpi_id = catalogue.kpi_id
    and compared.grain = coalesce(catalogue.target_grain, compared.grain)
