{{ config(meta={'dagster': {'ref': {'name': 'campaigns'}}}) }}
-- Revenue of the campaigns is their attributed revenue, every attributed campaign is one of them, and
-- nobody converts who was not reached.
with

attributed as (
    select
        campaign_id,
        {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
        sum(case when attribution_model = '{{ model }}' then attributed_revenue else 0 end) as {{ model }}_revenue{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('campaign_attribution') }}
    where campaign_id <> 'none'
    group by campaign_id
)

select
    coalesce(campaigns.campaign_id, attributed.campaign_id) as campaign_id
from {{ ref('campaigns') }} as campaigns
full outer join attributed on campaigns.campaign_id = attributed.campaign_id
where
    campaigns.campaign_id is null
    or campaigns.people_converted_count > campaigns.people_reached_count
    {%- for model in ['first', 'last', 'linear', 'time_decay'] %}
    or campaigns.{{ model }}_revenue <> coalesce(attributed.{{ model }}_revenue, 0)
    {%- endfor %}
