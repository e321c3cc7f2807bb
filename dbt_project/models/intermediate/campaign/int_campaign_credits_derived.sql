{%- set shared = ['linear', 'time_decay'] -%}
with

orders as (
    select * from {{ ref('int_order_buyers_identified') }}
),

touches as (
    select * from {{ ref('int_campaign_touches_unioned') }}
),

matched as (
    select
        orders.order_id,
        touches.touch_id,
        touches.campaign_id,
        touches.touched_at,
        {{ dbt.datediff('touches.touched_at', 'orders.ordered_at', 'second') }} / 86400.0 as age_days,
        0 as is_stated
    from orders
    inner join touches
        on orders.person_key = touches.person_key
        and orders.ordered_at >= touches.touched_at
        and orders.ordered_at <= {{ dbt.dateadd('day', var('attribution_window_days'), 'touches.touched_at') }}
    where touches.order_id is null
    union all
    select
        order_id,
        touch_id,
        campaign_id,
        touched_at,
        0 as age_days,
        1 as is_stated
    from touches
    where order_id is not null
),

-- Weights are decimals so that their sum does not depend on the order in which it is made.
placed as (
    select
        *,
        row_number() over (partition by order_id order by touched_at, is_stated, touch_id) as touch_number,
        count(*) over (partition by order_id) as order_touches_count,
        cast(
            greatest(power(0.5, age_days / {{ var('attribution_half_life_days') }}), 1e-12) as decimal(18, 12)
        ) as time_decay_weight
    from matched
),

credited as (
    select
        order_id,
        campaign_id,
        count(*) as touches_count,
        max(case when touch_number = 1 then 1.0 else 0.0 end) as first_credit,
        max(case when touch_number = order_touches_count then 1.0 else 0.0 end) as last_credit,
        cast(count(*) as double) / max(order_touches_count) as linear_credit,
        sum(time_decay_weight) as time_decay_weight,
        min(touched_at) as first_touched_at,
        max(touched_at) as last_touched_at
    from placed
    group by order_id, campaign_id
),

weighed as (
    select
        *,
        cast(time_decay_weight as double)
        / cast(sum(time_decay_weight) over (partition by order_id) as double) as time_decay_credit
    from credited
),

rounded as (
    select
        weighed.*,
        {%- for model in shared %}
        {{ money('cast(orders.revenue as double) * weighed.' ~ model ~ '_credit') }} as {{ model }}_rounded,
        {%- endfor %}
        orders.person_key,
        orders.revenue
    from weighed
    inner join orders on weighed.order_id = orders.order_id
),

-- What rounding leaves goes to the campaign of the last touch, so that credits add up to the order.
settled as (
    select
        order_id,
        campaign_id,
        person_key,
        touches_count,
        {%- for model in ['first', 'last'] %}
        cast({{ model }}_credit as double) as {{ model }}_credit,
        case when {{ model }}_credit = 1 then revenue else {{ money('0') }} end as {{ model }}_revenue,
        {%- endfor %}
        {%- for model in shared %}
        {{ model }}_credit,
        case
            when last_credit = 1
                then {{ money(
                    'revenue - sum(' ~ model ~ '_rounded) over (partition by order_id) + ' ~ model ~ '_rounded'
                ) }}
            else {{ model }}_rounded
        end as {{ model }}_revenue,
        {%- endfor %}
        first_touched_at,
        last_touched_at
    from rounded
),

untouched as (
    select
        orders.order_id,
        'none' as campaign_id,
        orders.person_key,
        0 as touches_count,
        {%- for model in ['first', 'last'] + shared %}
        cast(1 as double) as {{ model }}_credit,
        orders.revenue as {{ model }}_revenue,
        {%- endfor %}
        cast(null as timestamp) as first_touched_at,
        cast(null as timestamp) as last_touched_at
    from orders
    left join credited on orders.order_id = credited.order_id
    where credited.order_id is null
)

select * from settled
union all
select * from untouched
