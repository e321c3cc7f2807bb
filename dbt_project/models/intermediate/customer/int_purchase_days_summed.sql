with

orders as (
    select * from {{ ref('int_orders_completed') }}
)

-- What only came back is no purchase, but it lowers what the customer brought.
select
    identity_record_key,
    ordered_date as purchase_date,
    max(case when units_count > 0 or (lines_count = 0 and revenue > 0) then 1 else 0 end) = 1 as is_purchase,
    {{ money('sum(revenue)') }} as revenue,
    {{ money('sum(margin)') }} as margin,
    {{ money('sum(costed_revenue)') }} as costed_revenue
from orders
where not is_cancelled and identity_record_key is not null and ordered_date is not null
group by identity_record_key, ordered_date
