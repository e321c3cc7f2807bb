with

campaigns as (
    select * from {{ ref('stg_crm__campaigns') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

results as (
    select * from {{ ref('int_campaign_results_summarised') }}
),

measured as (
    select
        campaign_id,
        {%- for measure in [
            'impressions', 'clicks', 'sends', 'control_group', 'opens', 'message_clicks', 'unsubscribes', 'visits',
            'newsletter_signups'
        ] %}
        cast(sum({{ measure }}_count) as bigint) as {{ measure }}_count,
        {%- endfor %}
        {{ money('sum(spend_amount)') }} as spend_amount
    from {{ ref('int_campaign_months_measured') }}
    group by campaign_id
),

-- A campaign that only facts name has no name, but its figures.
campaign_ids as (
    select campaign_id from campaigns
    union distinct
    select campaign_id from results
    union distinct
    select campaign_id from measured
),

described as (
    select
        campaign_ids.campaign_id,
        {{ to_reporting_currency('campaigns.budget_amount', 'rates.rate_to_reporting') }} as budget_amount,
        campaigns.campaign_name,
        campaigns.channel,
        campaigns.objective,
        campaigns.started_date,
        campaigns.ended_date
    from campaign_ids
    left join campaigns on campaign_ids.campaign_id = campaigns.campaign_id
    left join rates on campaigns.currency = rates.currency
)

select
    described.campaign_id,
    described.campaign_name,
    coalesce(described.channel, 'unknown') as channel,
    described.objective,

    coalesce(measured.impressions_count, 0) as impressions_count,
    coalesce(measured.clicks_count, 0) as clicks_count,
    cast(measured.clicks_count as double) / nullif(measured.impressions_count, 0) as click_through_rate,
    coalesce(measured.sends_count, 0) as sends_count,
    coalesce(measured.control_group_count, 0) as control_group_count,
    coalesce(measured.opens_count, 0) as opens_count,
    cast(measured.opens_count as double) / nullif(measured.sends_count, 0) as open_rate,
    coalesce(measured.message_clicks_count, 0) as message_clicks_count,
    cast(measured.message_clicks_count as double) / nullif(measured.sends_count, 0) as message_click_rate,
    coalesce(measured.unsubscribes_count, 0) as unsubscribes_count,
    coalesce(measured.newsletter_signups_count, 0) as newsletter_signups_count,
    coalesce(measured.visits_count, 0) as visits_count,

    coalesce(results.people_reached_count, 0) as people_reached_count,
    coalesce(results.people_converted_count, 0) as people_converted_count,
    cast(results.people_converted_count as double) / nullif(results.people_reached_count, 0) as conversion_rate,
    coalesce(results.orders_count, 0) as orders_count,
    {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
    coalesce(results.{{ model }}_revenue, {{ money('0') }}) as {{ model }}_revenue,
    {%- endfor %}

    measured.spend_amount,
    described.budget_amount,
    coalesce(measured.spend_amount, described.budget_amount) as cost_amount,
    case
        when measured.spend_amount is not null then 'spend'
        when described.budget_amount is not null then 'budget'
        else 'unknown'
    end as cost_basis,
    coalesce(results.acquired_customers_count, 0) as acquired_customers_count,
    results.acquisition_cost,
    {{ money(
        'cast(coalesce(measured.spend_amount, described.budget_amount) as double)'
        ~ ' / nullif(results.acquired_customers_count, 0)'
    ) }} as cost_per_acquisition,
    {{ money(
        'cast(coalesce(measured.spend_amount, described.budget_amount) as double)'
        ~ ' / nullif(results.orders_count, 0)'
    ) }} as cost_per_order,
    '{{ var("reporting_currency") }}' as currency,

    described.started_date,
    described.ended_date
from described
left join measured on described.campaign_id = measured.campaign_id
left join results on described.campaign_id = results.campaign_id
