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
),

ranked as (
    select
        *,
        {{ smaller_cells('customers_count', 'period_start, dimension', 'dimension_value') }}
    from cells
),

judged as (
    select
        *,
        {{ is_hidden_cell('customers_count') }} as is_suppressed
    from ranked
),

names as (
    select
        'department' as dimension,
        department as dimension_value,
        name_en,
        name_de
    from {{ ref('departments') }}
    union all
    select
        'reason' as dimension,
        reason as dimension_value,
        name_en,
        name_de
    from {{ ref('case_reasons') }}
    union all
    select
        'reason' as dimension,
        reason as dimension_value,
        name_en,
        name_de
    from {{ ref('quality_costs') }}
    where reason <> '*' and reason not in (select case_reasons.reason from {{ ref('case_reasons') }} as case_reasons)
    union all
    select
        'cost_kind' as dimension,
        code as dimension_value,
        name_en,
        name_de
    from {{ ref('improvement_labels') }}
    where label_type = 'cost_kind'
)

select
    {{ period_label("'month'", 'judged.period_start') }} as period,
    judged.period_start,
    judged.dimension,
    judged.dimension_value,
    coalesce(names.name_en, judged.dimension_value) as dimension_value_name_en,
    coalesce(names.name_de, judged.dimension_value) as dimension_value_name_de,
    case when not judged.is_suppressed then judged.customers_count end as customers_count,
    case when not judged.is_suppressed then cast(judged.contacts_count as bigint) end as contacts_count,
    case when not judged.is_suppressed then cast(judged.handling_minutes as double) end as handling_minutes,
    case when not judged.is_suppressed then {{ money('judged.cost_amount') }} end as cost_amount,
    case when not judged.is_suppressed then {{ money('judged.poor_quality_amount') }} end as poor_quality_amount,
    '{{ var("reporting_currency") }}' as currency,
    judged.is_suppressed
from judged
left join names
    on judged.dimension = names.dimension
    and judged.dimension_value = names.dimension_value
