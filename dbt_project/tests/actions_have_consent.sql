{{ config(meta={'dagster': {'ref': {'name': 'next_best_actions'}}}) }}
-- Read from the consents as delivered, not from what the actions were made of: nobody has an action whose latest
-- decision about marketing is no grant, nor one on a channel whose latest decision is none. Who is left alone has no
-- channel.
with

decisions as (
    select
        records.customer_id,
        consents.purpose,
        consents.channel,
        consents.is_granted,
        consents.decided_at
    from {{ ref('stg_crm__consents') }} as consents
    inner join {{ ref('stg_ml__customer_records') }} as records
        on consents.identity_record_key = records.identity_record_key
    where consents.purpose = 'marketing'
),

latest as (
    select
        customer_id,
        max(decided_at) as decided_at
    from decisions
    group by customer_id
),

refused as (
    select latest.customer_id
    from latest
    inner join decisions
        on latest.customer_id = decisions.customer_id
        and latest.decided_at = decisions.decided_at
    where not decisions.is_granted
),

latest_of_channel as (
    select
        actions.action_id,
        max(decisions.decided_at) as decided_at
    from {{ ref('next_best_actions') }} as actions
    inner join decisions
        on actions.customer_id = decisions.customer_id
        and decisions.channel in (actions.channel, 'all')
    where actions.channel is not null
    group by actions.action_id
),

refused_on_channel as (
    select latest_of_channel.action_id
    from latest_of_channel
    inner join {{ ref('next_best_actions') }} as actions on latest_of_channel.action_id = actions.action_id
    inner join decisions
        on actions.customer_id = decisions.customer_id
        and latest_of_channel.decided_at = decisions.decided_at
        and decisions.channel in (actions.channel, 'all')
    where not decisions.is_granted
)

select actions.action_id
from {{ ref('next_best_actions') }} as actions
left join latest on actions.customer_id = latest.customer_id
left join refused on actions.customer_id = refused.customer_id
left join latest_of_channel on actions.action_id = latest_of_channel.action_id
left join refused_on_channel on actions.action_id = refused_on_channel.action_id
where
    latest.customer_id is null
    or refused.customer_id is not null
    or refused_on_channel.action_id is not null
    or (actions.channel is not null and latest_of_channel.action_id is null)
