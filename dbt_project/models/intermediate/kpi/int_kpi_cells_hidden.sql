{#-
    Hiding a small cell is not enough: it is the total less the other cells. So whatever could be
    otherwise without changing a published total is hidden with it. Say that a part of what happened to
    value V on day A had happened on day B, and the same part the other way round to value S: all totals
    stay as they are, of each value over periods with both days or neither, and of each period over all
    values. Only cells of V and S over periods with just one of the days differ. With these hidden, no sum
    or difference of what is published, however clever, tells any of them.

    S is the smallest value that may itself be shown in the period; B lies in the nearest period of V that
    may, in the same week and month (quarter, year) if there is one. Where the total itself is small, one
    value of every dimension moves with it. What is touched without having a cell gets one here: that
    nothing happened there must not be seen either.

    Windows over all cells sort numbers of KPI with dimension, of value, and of grain; their names come back last.
-#}
{%- set longer_periods -%}
    (
                partition by facet, value_number, first_date
                order by grain_number
                rows between current row and unbounded following
            )
{%- endset -%}
{%- set series = 'partition by facet, value_number, grain_number' -%}
{%- set side = 'partition by facet, grain_number, period_start' -%}
{%- set grain_names = ['day', 'week', 'month', 'quarter', 'year', 'all'] -%}
with

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

kpis as (
    select * from {{ ref('int_kpi_values_unioned') }}
),

facets as (
    select
        kpi_id,
        dimension,
        row_number() over (order by kpi_id, dimension) as facet
    from (select distinct kpi_id, dimension from kpis) as distinct_facets
),

dimension_values as (
    select
        dimension_value,
        row_number() over (order by dimension_value) as value_number
    from (select distinct dimension_value from kpis) as distinct_values
),

cells as (
    select
        facets.facet,
        dimension_values.value_number,
        case kpis.grain
            {%- for grain in grain_names %}
            when '{{ grain }}' then {{ loop.index }}
            {%- endfor %}
        end as grain_number,
        coalesce(kpis.period_start, {{ beginning_of_history() }}) as period_start,
        kpis.first_date,
        kpis.persons_count,
        case
            when catalogue.audience = 'employee' then {{ var('employee_cell_minimum') }}
            else {{ var('small_cell_minimum') }}
        end as minimum,
        {%- for group_name, truncated in [
            ('near_group', ['week', 'month', 'quarter', 'year']), ('far_group', ['month', 'quarter', 'year', none]),
        ] %}
        case kpis.grain
            {%- for grain, group_grain in [
                ('day', truncated[0]), ('week', truncated[1]), ('month', truncated[2]), ('quarter', truncated[3]),
            ] if group_grain %}
            when '{{ grain }}' then cast({{ dbt.date_trunc(group_grain, 'kpis.first_date') }} as date)
            {%- endfor %}
        end as {{ group_name }},
        {%- endfor %}
        case when kpis.grain = 'day' then {{ month_of('kpis.first_date') }} end as day_month
    from kpis
    inner join facets on kpis.kpi_id = facets.kpi_id and kpis.dimension = facets.dimension
    inner join dimension_values on kpis.dimension_value = dimension_values.dimension_value
    left join catalogue on kpis.kpi_id = catalogue.kpi_id
),

weighed as (
    select
        *,
        persons_count < minimum as is_small,
        cast(sum(persons_count) over ({{ side }}) as bigint) as period_persons_count,
        cast(sum(persons_count) over ({{ series }}) as bigint) as value_persons_count,
        cast(sum(persons_count) over ({{ series }}, near_group, day_month) as bigint) as near_persons_count,
        cast(sum(persons_count) over ({{ series }}, far_group) as bigint) as far_persons_count
    from cells
),

-- Small cells of a week share a day, those of a day a value, so that few others are hidden.
ranked as (
    select
        *,
        {%- for partner, window, weight in [
            ('near', series ~ ', near_group, day_month', 'period_persons_count'),
            ('far', series ~ ', far_group', 'period_persons_count'),
            ('any', series, 'period_persons_count'),
            ('side', side, 'value_persons_count'),
        ] %}
        {%- set ordered -%}
            {{ window }}
            order by
                case when is_small then 1 else 0 end,
                case when is_small then -persons_count else {{ weight }} end,
                first_date,
                value_number
        {%- endset %}
        row_number() over ({{ ordered }}) as {{ partner }}_rank,
        {%- set column = 'value_number' if partner == 'side' else 'first_date' %}
        first_value({{ column }}) over ({{ ordered }}) as {{ partner }}_first_{{ column }},
        lead({{ column }}) over ({{ ordered }}) as {{ partner }}_next_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from weighed
),

-- The best partner, or the second best of the one that is best itself.
small_cells as (
    select
        facet,
        value_number,
        grain_number,
        period_start,
        first_date,
        near_persons_count >= minimum as is_near_enough,
        far_persons_count >= minimum as is_far_enough,
        {%- for partner in ['near', 'far', 'any'] %}
        case
            when {{ partner }}_rank = 1 then {{ partner }}_next_first_date else {{ partner }}_first_first_date
        end as {{ partner }}_first_date,
        {%- endfor %}
        case when side_rank = 1 then side_next_value_number else side_first_value_number end as side_value_number
    from ranked
    where is_small
),

own_partners as (
    select
        *,
        case
            when grain_number <= 2 and not is_near_enough and is_far_enough then far_first_date
            when grain_number <= 2 then coalesce(near_first_date, far_first_date)
            else near_first_date
        end as own_partner_date
    from small_cells
),

-- Alone in its month (quarter, year) a cell is that month, and has its partner.
partnered as (
    select
        facet,
        value_number,
        grain_number,
        period_start,
        first_date,
        coalesce(
            own_partner_date,
            {{ first_known("case when grain_number <> 2 then own_partner_date end", longer_periods) }},
            case when grain_number = 2 then any_first_date end
        ) as partner_date,
        side_value_number
    from own_partners
),

grains as (
    select
        cells.facet,
        facets.kpi_id,
        facets.dimension,
        cells.grain_number,
        min(cells.grain_number) over (partition by cells.facet) = 1 as has_days
    from (select distinct facet, grain_number from cells) as cells
    inner join facets on cells.facet = facets.facet
),

-- Where the total is small, one value of each dimension; dimensions without days move by the month.
totals_by_dimension as (
    select
        grains.facet,
        grains.grain_number,
        case
            when grains.grain_number = partnered.grain_number then partnered.period_start
            else {{ month_of('partnered.first_date') }}
        end as period_start,
        partnered.first_date,
        partnered.partner_date
    from partnered
    inner join facets on partnered.facet = facets.facet and facets.dimension = 'all'
    inner join grains
        on facets.kpi_id = grains.kpi_id
        and grains.dimension <> 'all'
        and case when partnered.grain_number <= 2 and not grains.has_days then 3 else partnered.grain_number end
        = grains.grain_number
),

sides_of_totals as (
    select
        totals_by_dimension.facet,
        ranked.value_number,
        totals_by_dimension.first_date,
        totals_by_dimension.partner_date
    from totals_by_dimension
    inner join ranked
        on totals_by_dimension.facet = ranked.facet
        and totals_by_dimension.grain_number = ranked.grain_number
        and totals_by_dimension.period_start = ranked.period_start
        and ranked.side_rank = 1
),

moves as (
    select
        partnered.facet,
        partnered.value_number,
        partnered.first_date,
        partnered.partner_date
    from partnered
    inner join facets on partnered.facet = facets.facet
    where facets.dimension = 'all' or partnered.side_value_number is not null
    union
    select facet, side_value_number as value_number, first_date, partner_date from partnered
    where side_value_number is not null
    union
    select * from sides_of_totals
),

move_days as (
    select facet, value_number, first_date as moved_date, partner_date as other_date from moves
    union
    select facet, value_number, partner_date as moved_date, first_date as other_date from moves
    where partner_date is not null
),

grain_names as (
    {%- for grain in grain_names %}
    select {{ loop.index }} as grain_number, '{{ grain }}' as grain
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

touched as (
    select
        grains.kpi_id,
        grain_names.grain,
        {{ period_start('grain_names.grain', 'move_days.moved_date') }} as period_start,
        {{ period_start('grain_names.grain', 'move_days.other_date') }} as other_period_start,
        grains.dimension,
        move_days.value_number,
        move_days.other_date
    from move_days
    inner join grains on move_days.facet = grains.facet
    inner join grain_names on grains.grain_number = grain_names.grain_number
),

hidden as (
    select distinct
        kpi_id,
        grain,
        period_start,
        dimension,
        value_number
    from touched
    where other_date is null or period_start <> other_period_start
)

select
    hidden.kpi_id,
    hidden.grain,
    hidden.period_start,
    {{ period_label('hidden.grain', 'hidden.period_start') }} as period,
    hidden.dimension,
    dimension_values.dimension_value
from hidden
inner join dimension_values on hidden.value_number = dimension_values.value_number
