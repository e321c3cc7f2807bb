{%- set dimensions = ['all', 'department', 'reason', 'cost_kind'] -%}
with

costs as (
    select
        *,
        {{ month_of('cost_date') }} as period_start
    from {{ ref('int_service_costs_unioned') }}
    where cost_date is not null
),

cells as (
    {%- for dimension in dimensions %}
    {{ 'union all' if not loop.first }}
    select
        period_start,
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'all' else dimension }} as dimension_value,
        count(distinct person_key) as customers_count,
        sum(case when is_contact then 1 else 0 end) as contacts_count,
        sum(handling_minutes) as handling_minutes,
        sum(cost_amount) as cost_amount,
        sum(case when is_poor_quality then cost_amount else 0 end) as poor_quality_amount
    from costs
    group by 1, 2, 3
    {%- endfor %}
)

select * from cells
