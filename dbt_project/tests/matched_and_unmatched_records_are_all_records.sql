{{ config(meta={'dagster': {'ref': {'name': 'customers'}}}) }}
-- Every identity record is in exactly one customer: records in clusters of several (matched) plus
-- records alone (unmatched) are all source records. Known plus unknown orders are all orders.
with

records as (
    select
        (select count(*) from {{ ref('int_identity_records_unioned') }}) as source_records_count,
        (select count(distinct record_key) from {{ ref('int_identity_facts_unioned') }}) as fact_records_count,
        (select count(*) from {{ ref('stg_ml__customer_records') }}) as clustered_records_count,
        coalesce(sum(case when records_count > 1 then records_count end), 0) as matched_count,
        coalesce(sum(case when records_count = 1 then records_count end), 0) as unmatched_count,
        coalesce(sum(orders_count), 0) as known_orders_count
    from {{ ref('customers') }}
),

orders as (
    select
        coalesce(sum(case when marts.customer_id <> 'unknown' and not marts.is_cancelled then 1 else 0 end), 0)
            as known_count,
        coalesce(sum(case when marts.customer_id = 'unknown' then 1 else 0 end), 0) as unknown_count,
        coalesce(sum(case when facts.identity_record_key is null then 1 else 0 end), 0) as anonymous_count
    from {{ ref('orders') }} as marts
    inner join {{ ref('int_orders_completed') }} as facts on marts.order_id = facts.order_id
)

select *
from records
cross join orders
where
    records.matched_count + records.unmatched_count <> records.source_records_count
    or records.clustered_records_count <> records.source_records_count
    or records.fact_records_count <> records.source_records_count
    or records.known_orders_count <> orders.known_count
    or orders.unknown_count <> orders.anonymous_count
