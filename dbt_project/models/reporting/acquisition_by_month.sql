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

hidden_channels as (
    select * from {{ ref('int_kpi_cells_hidden') }}
    where kpi_id = 'acquisition_cost' and grain = 'month' and dimension = 'acquisition_channel'
),

-- Campaigns add up to the KPI acquisition_cost of their channel: what it hides is hidden here.
small_cells as (
    select
        cells.*,
        cells.customers_count < {{ smallest }} or hidden_channels.kpi_id is not null as is_small
    from cells
    left join hidden_channels
        on cells.won_month = hidden_channels.period_start
        and cells.won_by_channel = hidden_channels.dimension_value
),

ranked_cells as (
    select
        *,
        sum(case when is_small then 1 else 0 end) over (partition by won_month, won_by_channel) as small_in_channel,
        row_number() over (
            partition by won_month, won_by_channel, is_small order by customers_count asc, won_by_campaign_id asc
        ) as shown_rank
    from small_cells
),

judged_in_channel as (
    select
        *,
        is_small or (small_in_channel = 1 and shown_rank = 1) as is_hidden
    from ranked_cells
),

ranked_in_month as (
    select
        *,
        sum(case when is_hidden then 1 else 0 end) over (partition by won_month) as hidden_in_month,
        row_number() over (
            partition by won_month, is_hidden order by customers_count asc, won_by_channel asc, won_by_campaign_id asc
        ) as shown_in_month_rank
    from judged_in_channel
),

judged as (
    select
        *,
        is_hidden or (hidden_in_month = 1 and shown_in_month_rank = 1) as is_suppressed
    from ranked_in_month
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
