{%- set smallest = var('small_cell_minimum') -%}
with

customers as (
    select
        customers.acquisition_cost,
        {{ month_of('tenures.first_activity_date') }} as won_month,
        coalesce(customers.acquisition_channel, 'unknown') as won_by_channel,
        coalesce(customers.acquisition_campaign_id, 'none') as won_by_campaign_id
    from {{ ref('customers') }} as customers
    inner join {{ ref('customer_tenure') }} as tenures on customers.customer_id = tenures.customer_id
),

campaigns as (
    select * from {{ ref('campaigns') }}
),

cells as (
    select
        won_month,
        won_by_channel,
        won_by_campaign_id,
        count(*) as customers_count,
        count(acquisition_cost) as customers_with_cost_count,
        {{ money('sum(acquisition_cost)') }} as acquisition_cost
    from customers
    where won_month is not null
    group by won_month, won_by_channel, won_by_campaign_id
),

ranked_cells as (
    select
        *,
        row_number() over (
            partition by won_month order by customers_count asc, won_by_channel asc, won_by_campaign_id asc
        ) as smallest_rank,
        min(customers_count) over (partition by won_month) as smallest_count
    from cells
),

judged as (
    select
        *,
        customers_count < {{ smallest }} or (smallest_rank = 2 and smallest_count < {{ smallest }}) as is_suppressed
    from ranked_cells
)

select
    {{ period_label("'month'", 'judged.won_month') }} as period,
    judged.won_month as period_start,
    judged.won_by_channel as acquisition_channel,
    judged.won_by_campaign_id as campaign_id,
    campaigns.campaign_name,
    case when not judged.is_suppressed then judged.customers_count end as customers_count,
    case when not judged.is_suppressed then judged.customers_with_cost_count end as customers_with_cost_count,
    case when not judged.is_suppressed then judged.acquisition_cost end as acquisition_cost,
    case
        when not judged.is_suppressed
            then {{ money('cast(judged.acquisition_cost as double) / nullif(judged.customers_with_cost_count, 0)') }}
    end as cost_per_customer,
    '{{ var("reporting_currency") }}' as currency,
    judged.is_suppressed
from judged
left join campaigns on judged.won_by_campaign_id = campaigns.campaign_id
