{{ config(meta={'dagster': {'ref': {'name': 'identity_edges'}}}) }}
-- What holds a customer together ties its records and no others, and every one of them: a record that is
-- not alone has an edge in use.
with

used_edges as (
    select * from {{ ref('identity_edges') }}
    where edge_status = 'used'
),

tied_records as (
    select left_record_key as record_key from used_edges
    union
    select right_record_key as record_key from used_edges
)

select
    left_record_key as record_key,
    'an edge in use leads to another customer' as problem
from used_edges
where left_customer_id is distinct from right_customer_id
union all
select
    customer_records.record_key,
    'a record without an edge in use' as problem
from {{ ref('customer_records') }} as customer_records
inner join {{ ref('customers') }} as customers on customer_records.customer_id = customers.customer_id
left join tied_records on customer_records.record_key = tied_records.record_key
where customers.records_count > 1 and tied_records.record_key is null
