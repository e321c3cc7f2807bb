with

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

customer_totals as (
    select
        account_id,
        count(*) as customers_count
    from {{ ref('account_members') }}
    group by account_id
),

order_totals as (
    select
        account_id,
        count(*) as orders_count,
        {{ money('sum(revenue)') }} as revenue,
        max(ordered_date) as last_order_date
    from {{ ref('int_orders_completed') }}
    where account_id is not null and not is_cancelled
    group by account_id
),

case_totals as (
    select
        account_id,
        count(*) as cases_count
    from {{ ref('int_cases_identified') }}
    where account_id is not null
    group by account_id
)

select
    accounts.account_id,
    accounts.parent_account_id,
    accounts.account_name,
    accounts.industry,
    accounts.size_class,
    accounts.region,
    accounts.country,
    accounts.owner_team,
    accounts.created_date,
    coalesce(customer_totals.customers_count, 0) as customers_count,
    coalesce(order_totals.orders_count, 0) as orders_count,
    coalesce(order_totals.revenue, {{ money('0') }}) as revenue,
    '{{ var("reporting_currency") }}' as currency,
    order_totals.last_order_date,
    coalesce(case_totals.cases_count, 0) as cases_count
from accounts
left join customer_totals on accounts.account_id = customer_totals.account_id
left join order_totals on accounts.account_id = order_totals.account_id
left join case_totals on accounts.account_id = case_totals.account_id
