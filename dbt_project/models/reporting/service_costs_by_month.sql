with

judged as (
    select * from {{ ref('int_service_cost_cells_hidden') }}
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
