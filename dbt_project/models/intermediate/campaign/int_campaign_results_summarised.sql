with

credits as (
    select * from {{ ref('int_campaign_credits_derived') }}
    where campaign_id <> 'none'
),

orders as (
    select * from {{ ref('int_order_buyers_identified') }}
),

reached as (
    select
        campaign_id,
        count(distinct person_key) as people_reached_count
    from {{ ref('int_campaign_touches_unioned') }}
    group by campaign_id
),

converted as (
    select
        credits.campaign_id,
        {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
        {{ money('sum(credits.' ~ model ~ '_revenue)') }} as {{ model }}_revenue,
        {%- endfor %}
        count(distinct case when not orders.is_cancelled then credits.person_key end) as people_converted_count,
        cast(
            sum(case when orders.is_cancelled then 0 else credits.last_credit end) as bigint
        ) as orders_count
    from credits
    inner join orders on credits.order_id = orders.order_id
    group by credits.campaign_id
),

acquired as (
    select
        acquisition_campaign_id as campaign_id,
        count(*) as acquired_customers_count,
        {{ money('sum(acquisition_cost)') }} as acquisition_cost
    from {{ ref('customers') }}
    where acquisition_campaign_id is not null
    group by acquisition_campaign_id
),

campaign_ids as (
    select campaign_id from reached
    union distinct
    select campaign_id from acquired
)

select
    campaign_ids.campaign_id,
    coalesce(reached.people_reached_count, 0) as people_reached_count,
    coalesce(converted.people_converted_count, 0) as people_converted_count,
    coalesce(converted.orders_count, 0) as orders_count,
    {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
    coalesce(converted.{{ model }}_revenue, {{ money('0') }}) as {{ model }}_revenue,
    {%- endfor %}
    coalesce(acquired.acquired_customers_count, 0) as acquired_customers_count,
    acquired.acquisition_cost
from campaign_ids
left join reached on campaign_ids.campaign_id = reached.campaign_id
left join converted on campaign_ids.campaign_id = converted.campaign_id
left join acquired on campaign_ids.campaign_id = acquired.campaign_id
