{#- Attribute of an order -> expression; each customer has the commonest of its orders. -#}
{%- set habits = {
    'order_channel': "nullif(orders.channel, 'unknown')",
    'order_time': "case when " ~ to_company_hour('orders.ordered_at') ~ " between 5 and 11 then 'morning'"
        ~ " when " ~ to_company_hour('orders.ordered_at') ~ " between 12 and 16 then 'afternoon' else 'evening' end",
    'order_day': "case when " ~ weekday_of('orders.ordered_date') ~ " in (6, 7) then 'weekend' else 'weekday' end",
} -%}
with

orders as (
    select
        customer_records.customer_id,
        orders.channel,
        orders.ordered_at,
        orders.ordered_date
    from {{ ref('int_orders_completed') }} as orders
    inner join {{ ref('stg_ml__customer_records') }} as customer_records
        on orders.identity_record_key = customer_records.identity_record_key
    where not orders.is_cancelled
),

counted as (
    {%- for habit, expression in habits.items() %}
    {{ 'union all' if not loop.first }}
    select
        orders.customer_id,
        '{{ habit }}' as attribute,
        {{ expression }} as attribute_value,
        count(*) as orders_count
    from orders
    group by orders.customer_id, {{ expression }}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, attribute order by orders_count desc, attribute_value asc
        ) as habit_rank
    from counted
    where attribute_value is not null
)

select
    customer_id,
    attribute,
    attribute_value
from ranked
where habit_rank = 1
