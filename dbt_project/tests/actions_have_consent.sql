{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- Read from consents and messages as delivered, not from what the actions were made of: a grant is younger than every
-- withdrawal, about marketing at all, about the channel of the action, where unsubscribing withdraws too, and about
-- profiling where the kind of action needs it. Who is left alone has no channel.
with

decisions as (
    select
        records.customer_id,
        consents.purpose,
        consents.channel,
        case when consents.is_granted then consents.decided_at end as granted_at,
        case when not consents.is_granted then consents.decided_at end as withdrawn_at,
        cast(null as timestamp) as unsubscribed_at
    from {{ ref('stg_crm__consents') }} as consents
    inner join {{ ref('stg_ml__customer_records') }} as records
        on consents.identity_record_key = records.identity_record_key
    where consents.purpose in ('marketing', 'profiling')
    union all
    select
        records.customer_id,
        'marketing' as purpose,
        coalesce(channels.channel, 'all') as channel,
        cast(null as timestamp) as granted_at,
        cast(null as timestamp) as withdrawn_at,
        sends.unsubscribed_at
    from {{ ref('stg_crm__campaign_sends') }} as sends
    inner join {{ ref('stg_ml__customer_records') }} as records
        on sends.identity_record_key = records.identity_record_key
    left join {{ ref('contact_channels') }} as channels on sends.channel = channels.channel
    where sends.unsubscribed_at is not null
),

purposes as (
    select
        actions.action_id,
        actions.channel,
        decisions.purpose,
        decisions.granted_at,
        decisions.withdrawn_at,
        decisions.unsubscribed_at,
        kinds.needs_profiling_consent,
        decisions.channel in (actions.channel, 'all') as is_of_channel
    from {{ ref('next_best_actions') }} as actions
    inner join {{ ref('action_kinds') }} as kinds on actions.action_kind = kinds.action_kind
    left join decisions on actions.customer_id = decisions.customer_id
),

newest as (
    select
        action_id,
        channel,
        needs_profiling_consent,
        max(case when purpose = 'marketing' then granted_at end) as granted_at,
        max(case when purpose = 'marketing' then withdrawn_at end) as withdrawn_at,
        max(case when purpose = 'marketing' and is_of_channel then granted_at end) as granted_on_channel_at,
        max(case when purpose = 'marketing' and is_of_channel then withdrawn_at end) as withdrawn_on_channel_at,
        max(case when purpose = 'marketing' and is_of_channel then unsubscribed_at end) as unsubscribed_at,
        max(case when purpose = 'profiling' then granted_at end) as profiling_granted_at,
        max(case when purpose = 'profiling' then withdrawn_at end) as profiling_withdrawn_at
    from purposes
    group by action_id, channel, needs_profiling_consent
)

select action_id
from newest
where
    granted_at is null
    or granted_at <= withdrawn_at
    or (channel is not null and granted_on_channel_at is null)
    or granted_on_channel_at <= withdrawn_on_channel_at
    or granted_on_channel_at <= unsubscribed_at
    or (needs_profiling_consent and (profiling_granted_at is null or profiling_granted_at <= profiling_withdrawn_at))
