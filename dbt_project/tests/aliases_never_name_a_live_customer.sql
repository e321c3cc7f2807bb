{{ config(meta={'dagster': {'ref': {'name': 'customer_aliases'}}}) }}
-- An alias is no id in use, so an id found in an old report means exactly one customer.
select aliases.alias_customer_id
from {{ ref('customer_aliases') }} as aliases
inner join {{ ref('customers') }} as customers on aliases.alias_customer_id = customers.customer_id
