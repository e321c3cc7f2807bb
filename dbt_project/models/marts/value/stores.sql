with

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

order_totals as (
    select
        store_id,
        count(*) as orders_count,
        {{ money('sum(revenue)') }} as revenue,
        max(ordered_date) as last_order_date
    from {{ ref('int_orders_completed') }}
    where store_id is not null and not is_cancelled
    group by store_id
),

case_totals as (
    select
        store_id,
        count(*) as cases_count
    from {{ ref('int_cases_identified') }}
    where store_id is not null
    group by store_id
)

select
    stores.store_id,
    stores.store_name,
    stores.store_type,
    stores.partner,
    stores.postal_code,
    stores.city,
    stores.region,
    stores.country,
    stores.opened_date,
    coalesce(order_totals.orders_count, 0) as orders_count,
    coalesce(order_totals.revenue, {{ money('0') }}) as revenue,
    '{{ var("reporting_currency") }}' as currency,
    order_totals.last_order_date,
    coalesce(case_totals.cases_count, 0) as cases_count
from stores
left join order_totals on stores.store_id = order_totals.store_id
left join case_totals on stores.store_id = case_totals.store_id
