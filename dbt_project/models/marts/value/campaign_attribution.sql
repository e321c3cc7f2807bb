with

credits as (
    select * from {{ ref('int_campaign_credits_derived') }}
),

orders as (
    select * from {{ ref('orders') }}
),

modelled as (
    {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
    {{ 'union all' if not loop.first }}
    select
        order_id,
        campaign_id,
        '{{ model }}' as attribution_model,
        touches_count,
        {{ model }}_credit as credit,
        {{ model }}_revenue as attributed_revenue,
        first_touched_at,
        last_touched_at
    from credits
    where {{ model }}_credit > 0
    {%- endfor %}
)

select
    modelled.order_id,
    modelled.campaign_id,
    modelled.attribution_model,
    orders.customer_id,

    orders.channel,
    orders.is_cancelled,
    modelled.touches_count,
    modelled.credit,
    modelled.attributed_revenue,
    orders.currency,

    modelled.first_touched_at,
    modelled.last_touched_at,
    orders.ordered_at,
    orders.ordered_date
from modelled
inner join orders on modelled.order_id = orders.order_id
