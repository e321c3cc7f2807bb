with

ad_spend as (
    select * from {{ ref('stg_digital__ad_spend') }}
),

campaigns as (
    select * from {{ ref('stg_crm__campaigns') }}
)

-- Impressions and clicks come without people.
select
    ad_spend.ad_spend_id as record_key,
    ad_spend.spend_date as observed_date,
    ad_spend.ad_spend_id as person_key,
    false as is_known_customer,

    coalesce(campaigns.channel, 'ad') as channel,

    ad_spend.impressions_count,
    ad_spend.clicks_count
from ad_spend
left join campaigns on ad_spend.campaign_id = campaigns.campaign_id
