{{ config(materialized='view') }}
{#- Read once, by the driver step: not worth a copy of every contact. -#}
with

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
    where identity_record_key is not null
),

cases as (
    select * from {{ ref('int_cases_identified') }}
    where identity_record_key is not null
),

reasons as (
    select * from {{ ref('case_reasons') }}
)

-- `channel_switches` counts the other channels among them, everything else the events.
select
    identity_record_key,
    'channel_switches' as factor,
    channel,
    cast(null as string) as case_id,
    occurred_at
from touchpoints
where is_contact and not is_listening and channel <> 'unknown'
union all
select
    identity_record_key,
    case touchpoint_type
        when 'app_error' then 'app_errors'
        when 'campaign_message' then 'campaign_messages'
        else 'ad_clicks'
    end as factor,
    channel,
    cast(null as string) as case_id,
    occurred_at
from touchpoints
where touchpoint_type in ('app_error', 'campaign_message', 'ad_click')
union all
select
    identity_record_key,
    'service_contacts' as factor,
    channel,
    case_id,
    opened_at as occurred_at
from cases
union all
select
    cases.identity_record_key,
    'complaints' as factor,
    cases.channel,
    cases.case_id,
    cases.opened_at as occurred_at
from cases
inner join reasons on cases.reason = reasons.reason
where reasons.is_complaint
