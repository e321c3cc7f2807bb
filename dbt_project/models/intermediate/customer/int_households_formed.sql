with

customers as (
    select * from {{ ref('int_customers_consolidated') }}
)

-- Somebody who lives alone is a customer, not a household.
select
    household_key as household_id,
    count(*) as members_count
from customers
where household_key is not null
group by household_key
having count(*) > 1
