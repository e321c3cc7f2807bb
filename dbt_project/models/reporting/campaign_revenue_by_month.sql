with

attribution as (
    select * from {{ ref('campaign_attribution') }}
    where ordered_date is not null
),

campaigns as (
    select * from {{ ref('campaigns') }}
),

cells as (
    select
        {{ month_of('ordered_date') }} as period_start,
        attribution_model,
        campaign_id,
        count(distinct case when customer_id = 'unknown' then order_id else customer_id end) as customers_count,
        sum(case when is_cancelled then 0 else credit end) as orders_credited,
        {{ money('sum(attributed_revenue)') }} as revenue
    from attribution
    group by {{ month_of('ordered_date') }}, attribution_model, campaign_id
),

ranked_cells as (
    select
        *,
        {{ smaller_cells('customers_count', 'period_start, attribution_model', 'campaign_id') }}
    from cells
),

judged as (
    select
        *,
        {{ is_hidden_cell() }} as is_suppressed
    from ranked_cells
)

select
    {{ period_label("'month'", 'judged.period_start') }} as period,
    judged.period_start,
    judged.attribution_model,
    judged.campaign_id,
    campaigns.campaign_name,
    case when not judged.is_suppressed then judged.customers_count end as customers_count,
    case when not judged.is_suppressed then judged.orders_credited end as orders_credited,
    case when not judged.is_suppressed then judged.revenue end as revenue,
    '{{ var("reporting_currency") }}' as currency,
    judged.is_suppressed
from judged
left join campaigns on judged.campaign_id = campaigns.campaign_id
