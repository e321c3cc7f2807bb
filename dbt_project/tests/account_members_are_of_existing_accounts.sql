{{ config(meta={'dagster': {'ref': {'name': 'account_members'}}}) }}
-- Only accounts that exist have members, only customers that exist belong to one, each pair once.
select
    members.account_id,
    members.customer_id
from {{ ref('account_members') }} as members
left join {{ ref('accounts') }} as accounts on members.account_id = accounts.account_id
left join {{ ref('customers') }} as customers on members.customer_id = customers.customer_id
group by members.account_id, members.customer_id
having count(accounts.account_id) <> 1 or count(customers.customer_id) <> 1
