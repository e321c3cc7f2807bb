with

customers as (
    select * from {{ ref('customers') }}
    where household_id is not null
)

select
    household_id,
    count(*) as members_count,
    {{ money('sum(revenue)') }} as revenue,
    '{{ var("reporting_currency") }}' as currency,
    cast(sum(orders_count) as bigint) as orders_count,
    max(last_order_date) as last_order_date
from customers
group by household_id
