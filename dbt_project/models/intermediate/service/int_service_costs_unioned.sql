with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

measured as (
    select * from {{ ref('int_cases_measured') }}
),

linked as (
    select * from {{ ref('int_cases_linked') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

quality_costs as (
    select * from {{ ref('quality_costs') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

-- A contact is one of these, so that no cost counts twice.
contacts as (
    select
        cases.case_id as cost_id,
        case
            when measured.is_mirror then 'double_entry'
            when not linked.is_first_of_concern then 'recontact'
            when coalesce(reasons.is_complaint, false) then 'complaint'
            else 'first_contact'
        end as cost_kind,
        cases.department,
        cases.reason,
        measured.person_key,
        cases.opened_date as cost_date,
        cast(cases.handling_time_seconds as double) / 60 as handling_minutes,
        measured.cost_amount,
        measured.is_cost_estimated
    from cases
    inner join measured on cases.case_id = measured.case_id
    inner join linked on cases.case_id = linked.case_id
    left join reasons on cases.reason = reasons.reason
),

return_lines as (
    select
        order_lines.order_line_id,
        order_lines.margin,
        order_lines.booked_date,
        coalesce(order_lines.return_reason, 'unknown') as reason,
        coalesce(customer_records.customer_id, order_lines.order_id) as person_key,
        coalesce(for_reason.department, for_all.department, 'unknown') as department,
        coalesce(for_reason.is_poor_quality, for_all.is_poor_quality, false) as is_poor_quality,
        coalesce(for_reason.cost_amount, for_all.cost_amount) as handling_amount
    from order_lines
    left join orders on order_lines.order_id = orders.order_id
    left join customer_records on orders.identity_record_key = customer_records.identity_record_key
    left join quality_costs as for_reason
        on for_reason.cost_kind = 'return'
        and order_lines.return_reason = for_reason.reason
    left join quality_costs as for_all on for_all.cost_kind = 'return' and for_all.reason = '*'
    where order_lines.is_return and not order_lines.is_cancelled
),

late_orders as (
    select
        orders.order_id,
        orders.delivered_date,
        coalesce(customer_records.customer_id, orders.order_id) as person_key,
        quality_costs.department,
        quality_costs.cost_amount
    from orders
    inner join quality_costs on quality_costs.cost_kind = 'late_delivery' and quality_costs.reason = '*'
    left join customer_records on orders.identity_record_key = customer_records.identity_record_key
    where orders.is_delivered_late and not orders.is_cancelled
),

costs as (
    select
        *,
        cost_kind <> 'first_contact' as is_poor_quality
    from contacts
    union all
    select
        order_line_id as cost_id,
        'return' as cost_kind,
        department,
        reason,
        person_key,
        booked_date as cost_date,
        cast(null as double) as handling_minutes,
        handling_amount as cost_amount,
        true as is_cost_estimated,
        is_poor_quality
    from return_lines
    union all
    -- The margin of a returned line is negative: what the sale had brought.
    select
        order_line_id as cost_id,
        'lost_margin' as cost_kind,
        department,
        reason,
        person_key,
        booked_date as cost_date,
        cast(null as double) as handling_minutes,
        -margin as cost_amount,
        false as is_cost_estimated,
        is_poor_quality
    from return_lines
    where is_poor_quality and margin < 0
    union all
    select
        order_id as cost_id,
        'late_delivery' as cost_kind,
        department,
        'late_delivery' as reason,
        person_key,
        delivered_date as cost_date,
        cast(null as double) as handling_minutes,
        cost_amount,
        true as is_cost_estimated,
        true as is_poor_quality
    from late_orders
)

select
    cost_kind,
    cost_id,
    department,
    reason,
    person_key,
    is_poor_quality,
    is_cost_estimated,
    cost_kind in ('first_contact', 'complaint', 'recontact') as is_contact,
    handling_minutes,
    {{ money('cost_amount') }} as cost_amount,
    cost_date
from costs
