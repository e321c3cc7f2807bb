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
-#}
{%- set longer_periods -%}
    (
                partition by kpi_id, dimension, dimension_value, first_date
                order by
                    case grain
                        {%- for grain in ['day', 'week', 'month', 'quarter', 'year', 'all'] %}
                        when '{{ grain }}' then {{ loop.index }}
                        {%- endfor %}
                    end
                rows between current row and unbounded following
            )
{%- endset -%}
{%- set series = 'partition by kpi_id, dimension, dimension_value, grain' -%}
with

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

cells as (
    select
        kpis.kpi_id,
        kpis.dimension,
        kpis.dimension_value,
        kpis.grain,
        kpis.period,
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
    from {{ ref('int_kpi_values_unioned') }} as kpis
    left join catalogue on kpis.kpi_id = catalogue.kpi_id
),

weighed as (
    select
        *,
        persons_count < minimum as is_small,
        sum(persons_count) over (partition by kpi_id, dimension, grain, period) as period_persons_count,
        sum(persons_count) over ({{ series }}) as value_persons_count,
        sum(persons_count) over ({{ series }}, near_group, day_month) as near_persons_count,
        sum(persons_count) over ({{ series }}, far_group) as far_persons_count
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
            ('side', 'partition by kpi_id, dimension, grain, period', 'value_persons_count'),
        ] %}
        {%- set ordered -%}
            {{ window }}
            order by
                case when is_small then 1 else 0 end,
                case when is_small then -persons_count else {{ weight }} end,
                first_date,
                dimension_value
        {%- endset %}
        row_number() over ({{ ordered }}) as {{ partner }}_rank,
        {%- for column in (['dimension_value'] if partner == 'side' else ['first_date']) %}
        first_value({{ column }}) over ({{ ordered }}) as {{ partner }}_first_{{ column }},
        lead({{ column }}) over ({{ ordered }}) as {{ partner }}_next_{{ column }}
        {{- ',' if partner != 'side' or not loop.last }}
        {%- endfor %}
        {%- endfor %}
    from weighed
),

-- The best partner, or the second best of the one that is best itself.
small_cells as (
    select
        kpi_id,
        dimension,
        dimension_value,
        grain,
        period,
        first_date,
        near_persons_count >= minimum as is_near_enough,
        far_persons_count >= minimum as is_far_enough,
        {%- for partner in ['near', 'far', 'any'] %}
        case
            when {{ partner }}_rank = 1 then {{ partner }}_next_first_date else {{ partner }}_first_first_date
        end as {{ partner }}_first_date,
        {%- endfor %}
        case when side_rank = 1 then side_next_dimension_value else side_first_dimension_value end as side_value
    from ranked
    where is_small
),

own_partners as (
    select
        *,
        case
            when grain in ('day', 'week') and not is_near_enough and is_far_enough then far_first_date
            when grain in ('day', 'week') then coalesce(near_first_date, far_first_date)
            else near_first_date
        end as own_partner_date
    from small_cells
),

-- Alone in its month (quarter, year) a cell is that month, and has its partner.
partnered as (
    select
        kpi_id,
        dimension,
        dimension_value,
        grain,
        period,
        first_date,
        coalesce(
            own_partner_date,
            {{ first_known("case when grain <> 'week' then own_partner_date end", longer_periods) }},
            case when grain = 'week' then any_first_date end
        ) as partner_date,
        side_value
    from own_partners
),

grains as (
    select
        kpi_id,
        dimension,
        grain,
        max(case when grain = 'day' then 1 else 0 end) over (partition by kpi_id, dimension) = 1 as has_days
    from (select distinct kpi_id, dimension, grain from cells) as distinct_grains
),

-- Where the total is small, one value of each dimension; dimensions without days move by the month.
totals_by_dimension as (
    select
        partnered.kpi_id,
        grains.dimension,
        grains.grain,
        case
            when grains.grain = partnered.grain then partnered.period
            else {{ period_label('grains.grain', month_of('partnered.first_date')) }}
        end as period,
        partnered.first_date,
        partnered.partner_date
    from partnered
    inner join grains
        on partnered.kpi_id = grains.kpi_id
        and partnered.dimension = 'all'
        and grains.dimension <> 'all'
        and case when partnered.grain in ('day', 'week') and not grains.has_days then 'month' else partnered.grain end
        = grains.grain
),

sides_of_totals as (
    select
        totals_by_dimension.kpi_id,
        totals_by_dimension.dimension,
        ranked.dimension_value,
        totals_by_dimension.first_date,
        totals_by_dimension.partner_date
    from totals_by_dimension
    inner join ranked
        on totals_by_dimension.kpi_id = ranked.kpi_id
        and totals_by_dimension.dimension = ranked.dimension
        and totals_by_dimension.grain = ranked.grain
        and totals_by_dimension.period = ranked.period
        and ranked.side_rank = 1
),

moves as (
    select kpi_id, dimension, dimension_value, first_date, partner_date from partnered
    where dimension = 'all' or side_value is not null
    union
    select kpi_id, dimension, side_value as dimension_value, first_date, partner_date from partnered
    where side_value is not null
    union
    select * from sides_of_totals
),

move_days as (
    select kpi_id, dimension, dimension_value, first_date as moved_date, partner_date as other_date from moves
    union
    select kpi_id, dimension, dimension_value, partner_date as moved_date, first_date as other_date from moves
    where partner_date is not null
),

touched as (
    select
        move_days.kpi_id,
        grains.grain,
        {{ period_start('grains.grain', 'move_days.moved_date') }} as period_start,
        {{ period_start('grains.grain', 'move_days.other_date') }} as other_period_start,
        move_days.dimension,
        move_days.dimension_value,
        move_days.other_date
    from move_days
    inner join grains on move_days.kpi_id = grains.kpi_id and move_days.dimension = grains.dimension
),

hidden as (
    select distinct
        kpi_id,
        grain,
        period_start,
        {{ period_label('grain', 'period_start') }} as period,
        dimension,
        dimension_value
    from touched
    where other_date is null or period_start <> other_period_start
)

select * from hidden
