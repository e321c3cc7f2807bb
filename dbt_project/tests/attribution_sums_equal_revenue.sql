{{ config(meta={'dagster': {'ref': {'name': 'campaign_attribution'}}}) }}
-- In each model the shares of every order add up to one and its amounts to its revenue; so
-- the sums of each model are the revenue of all orders, to the last digit.
with

models as (
    {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
    {{ 'union all' if not loop.first }}
    select '{{ model }}' as attribution_model
    {%- endfor %}
),

attributed as (
    select
        order_id,
        attribution_model,
        sum(credit) as credit,
        sum(attributed_revenue) as revenue
    from {{ ref('campaign_attribution') }}
    group by order_id, attribution_model
)

select
    orders.order_id,
    models.attribution_model,
    orders.revenue,
    attributed.revenue as attributed_revenue,
    attributed.credit
from {{ ref('orders') }} as orders
cross join models
full outer join attributed
    on orders.order_id = attributed.order_id
    and models.attribution_model = attributed.attribution_model
where
    orders.order_id is null
    or attributed.order_id is null
    or coalesce(orders.revenue, 0) <> attributed.revenue
    or abs(attributed.credit - 1) > 1e-9
