with

costs as (
    select * from {{ ref('int_service_costs_unioned') }}
),

departments as (
    select * from {{ ref('departments') }}
),

case_reasons as (
    select * from {{ ref('case_reasons') }}
),

quality_costs as (
    select * from {{ ref('quality_costs') }}
),

labels as (
    select * from {{ ref('improvement_labels') }}
    where label_type = 'cost_kind'
),

reason_names as (
    select
        reason,
        'contact' as reason_of,
        name_en,
        name_de
    from case_reasons
    union all
    select
        case when cost_kind = 'late_delivery' then 'late_delivery' else reason end as reason,
        'goods' as reason_of,
        name_en,
        name_de
    from quality_costs
    where reason <> '*' or cost_kind = 'late_delivery'
),

cells as (
    select
        {{ month_of('cost_date') }} as period_start,
        department,
        reason,
        cost_kind,
        case when cost_kind in ('return', 'lost_margin', 'late_delivery') then 'goods' else 'contact' end as reason_of,
        is_poor_quality,
        count(*) as costs_count,
        count(distinct person_key) as customers_count,
        sum(case when is_contact then 1 else 0 end) as contacts_count,
        sum(case when is_cost_estimated then 1 else 0 end) as estimated_costs_count,
        sum(handling_minutes) as handling_minutes,
        sum(cost_amount) as cost_amount
    from costs
    where cost_date is not null
    group by 1, 2, 3, 4, 5, 6
)

select
    {{ period_label("'month'", 'cells.period_start') }} as period,
    cells.period_start,
    cells.department,
    coalesce(departments.name_en, cells.department) as department_name_en,
    coalesce(departments.name_de, cells.department) as department_name_de,
    cells.reason,
    coalesce(reason_names.name_en, cells.reason) as reason_name_en,
    coalesce(reason_names.name_de, cells.reason) as reason_name_de,
    cells.cost_kind,
    labels.name_en as cost_kind_name_en,
    labels.name_de as cost_kind_name_de,
    cells.is_poor_quality,

    cells.costs_count,
    cells.customers_count,
    cast(cells.contacts_count as bigint) as contacts_count,
    cast(cells.estimated_costs_count as bigint) as estimated_costs_count,
    cast(cells.handling_minutes as double) as handling_minutes,
    {{ money('cells.cost_amount') }} as cost_amount,
    '{{ var("reporting_currency") }}' as currency
from cells
left join departments on cells.department = departments.department
left join labels on cells.cost_kind = labels.code
left join reason_names on cells.reason = reason_names.reason and cells.reason_of = reason_names.reason_of
