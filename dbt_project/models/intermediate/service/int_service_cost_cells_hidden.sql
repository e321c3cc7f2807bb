{%- set dimensions = ['department', 'reason', 'cost_kind'] -%}
{#- Figure -> of which combinations it can be told. -#}
{%- set figures = {
    'contacts': 'is_with_contacts', 'minutes': 'is_with_minutes', 'cost': 'true', 'poor_quality': 'is_with_poor_quality',
} -%}
with

costs as (
    select * from {{ ref('int_service_costs_unioned') }}
    where cost_date is not null
),

cells as (
    select
        *,
        customers_count < {{ var('small_cell_minimum') }} as is_small
    from {{ ref('int_service_cost_cells_counted') }}
),

-- What a reader knows: which combinations there are at all, and what can be told of each.
combinations as (
    select
        department,
        reason,
        cost_kind,
        max(case when is_contact then 1 else 0 end) = 1 as is_with_contacts,
        max(case when handling_minutes is not null then 1 else 0 end) = 1 as is_with_minutes,
        max(case when is_poor_quality then 1 else 0 end) = 1 as is_with_poor_quality
    from costs
    group by 1, 2, 3
),

months as (
    select period_start from cells
    where dimension = 'all'
),

-- Parts of which the cells of a month are sums: a reader knows the shown sums and looks for a hidden one.
parts as (
    select
        combinations.*,
        {%- for dimension in dimensions %}
        {{ dimension }}_cells.customers_count as {{ dimension }}_customers_count,
        {{ dimension }}_cells.is_small as is_{{ dimension }}_small,
        {%- endfor %}
        months.period_start
    from combinations
    cross join months
    {%- for dimension in dimensions %}
    inner join cells as {{ dimension }}_cells
        on months.period_start = {{ dimension }}_cells.period_start
        and combinations.{{ dimension }} = {{ dimension }}_cells.dimension_value
        and {{ dimension }}_cells.dimension = '{{ dimension }}'
    {%- endfor %}
),

figures as (
    {%- for figure, condition in figures.items() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ figure }}' as figure,
        parts.*
    from parts
    where {{ condition }}
    {%- endfor %}
),

-- A small cell stays unknown when one of its parts and one of another cell could have more and less without any shown
-- sum telling: the sums that hold one of both are hidden. Of all such pairs the one that hides fewest customers.
pairs as (
    {%- for dimension in dimensions %}
    {{ 'union all' if not loop.first }}
    select
        small.figure,
        small.period_start,
        '{{ dimension }}' as dimension,
        small.{{ dimension }} as dimension_value,
        {%- for other in dimensions %}
        small.{{ other }},
        partners.{{ other }} as partner_{{ other }},
        {%- endfor %}
        {%- for other in dimensions %}
        case
            when small.{{ other }} = partners.{{ other }} then 0
            when small.is_{{ other }}_small and partners.is_{{ other }}_small then 0
            when small.is_{{ other }}_small then partners.{{ other }}_customers_count
            when partners.is_{{ other }}_small then small.{{ other }}_customers_count
            else small.{{ other }}_customers_count + partners.{{ other }}_customers_count
        end{{ ' + ' if not loop.last }}
        {%- endfor %} as hidden_customers_count
    from figures as small
    left join figures as partners
        on small.figure = partners.figure
        and small.period_start = partners.period_start
        and small.{{ dimension }} <> partners.{{ dimension }}
    where small.is_{{ dimension }}_small
    {%- endfor %}
),

ranked_pairs as (
    select
        *,
        row_number() over (
            partition by figure, period_start, dimension, dimension_value
            order by
                hidden_customers_count asc nulls last, department asc, reason asc, cost_kind asc,
                partner_department asc, partner_reason asc, partner_cost_kind asc
        ) as pair_rank
    from pairs
),

chosen as (
    select * from ranked_pairs
    where pair_rank = 1
),

closed as (
    {%- for dimension in dimensions %}
    {%- for side in ['', 'partner_'] %}
    select
        period_start,
        '{{ dimension }}' as dimension,
        {{ side }}{{ dimension }} as dimension_value
    from chosen
    where {{ dimension }} <> partner_{{ dimension }}
    union
    {%- endfor %}
    {%- endfor %}
    -- What nobody else of the month has is the month's own sum: nothing of the month can be told.
    select
        cells.period_start,
        cells.dimension,
        cells.dimension_value
    from chosen
    inner join cells on chosen.period_start = cells.period_start
    where chosen.partner_reason is null
),

ranked as (
    select
        cells.*,
        closed.dimension_value is not null as is_closed,
        {{ smaller_cells('cells.customers_count', 'cells.period_start, cells.dimension', 'cells.dimension_value') }}
    from cells
    left join closed
        on cells.period_start = closed.period_start
        and cells.dimension = closed.dimension
        and cells.dimension_value = closed.dimension_value
)

select
    period_start,
    dimension,
    dimension_value,
    customers_count,
    contacts_count,
    handling_minutes,
    cost_amount,
    poor_quality_amount,
    is_closed or {{ is_hidden_cell('customers_count') }} as is_suppressed
from ranked
