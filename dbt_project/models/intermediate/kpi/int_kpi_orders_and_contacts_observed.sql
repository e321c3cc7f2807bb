{#- Only what orders and contacts both have: a phone takes no orders, and a web order has no department. -#}
{%- set columns = [
    'observed_date', 'person_key', 'is_known_customer', 'partner', 'segment', 'region', 'acquisition_channel', 'account',
] -%}
with

orders as (
    select * from {{ ref('int_kpi_orders_observed') }}
),

cases as (
    select * from {{ ref('int_kpi_cases_observed') }}
    where is_contact = 1
)

select
    record_key,
    {{ columns | join(',\n    ') }},
    0 as is_contact,
    1 as is_order
from orders
union all
select
    record_key,
    {{ columns | join(',\n    ') }},
    1 as is_contact,
    0 as is_order
from cases
