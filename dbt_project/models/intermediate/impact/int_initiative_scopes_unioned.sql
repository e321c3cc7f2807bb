{{ config(materialized='view') }}
{#- Read by the impact step, one scope at a time. -#}
with

customers as (
    select * from {{ ref('stg_crm__customers') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where not is_cancelled and identity_record_key is not null and ordered_date is not null
),

stores as (
    select * from {{ ref('stg_pos__stores') }}
),

sends as (
    select * from {{ ref('stg_crm__campaign_sends') }}
    where identity_record_key is not null
),

campaigns as (
    select * from {{ ref('stg_crm__campaigns') }}
)

select
    identity_record_key,
    'region' as scope,
    region as scope_key,
    region as scope_name,
    cast(null as date) as fact_date,
    false as is_control_group
from customers
where region is not null
union all
select
    identity_record_key,
    'acquisition_channel' as scope,
    acquisition_channel as scope_key,
    acquisition_channel as scope_name,
    cast(null as date) as fact_date,
    false as is_control_group
from customers
where acquisition_channel is not null
union all
select
    identity_record_key,
    'channel' as scope,
    channel as scope_key,
    channel as scope_name,
    ordered_date as fact_date,
    false as is_control_group
from orders
where channel <> 'unknown'
union all
select
    orders.identity_record_key,
    'store' as scope,
    orders.store_id as scope_key,
    coalesce(stores.store_name, orders.store_id) as scope_name,
    orders.ordered_date as fact_date,
    false as is_control_group
from orders
left join stores on orders.store_id = stores.store_id
where orders.store_id is not null
union all
select
    sends.identity_record_key,
    'campaign' as scope,
    sends.campaign_id as scope_key,
    coalesce(campaigns.campaign_name, sends.campaign_id) as scope_name,
    sends.sent_date as fact_date,
    sends.is_control_group
from sends
left join campaigns on sends.campaign_id = campaigns.campaign_id
where sends.campaign_id is not null
