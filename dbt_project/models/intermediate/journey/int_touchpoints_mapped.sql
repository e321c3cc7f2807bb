with

touchpoints as (
    select * from {{ ref('int_touchpoints_unioned') }}
),

touchpoint_map as (
    select * from {{ ref('touchpoint_map') }}
),

stores as (
    select
        store_id,
        partner
    from {{ ref('stg_pos__stores') }}
),

-- A line of the map for the channel outranks the one for all channels. What has no line at all
-- stays visible as `unmapped`.
mapped as (
    select
        touchpoints.*,
        coalesce(for_channel.touchpoint_type, for_all.touchpoint_type, 'unmapped') as touchpoint_type,
        coalesce(for_channel.stage, for_all.stage, 'unmapped') as stage,
        coalesce(for_channel.department, for_all.department) as mapped_department,
        coalesce(for_channel.is_contact, for_all.is_contact, true) as is_contact,
        coalesce(for_channel.is_listening, for_all.is_listening, false) as is_listening,
        coalesce(for_channel.is_failure, for_all.is_failure, false) as is_failure,
        coalesce(touchpoints.partner, stores.partner) as partner_in_charge
    from touchpoints
    left join stores on touchpoints.store_id = stores.store_id
    left join touchpoint_map as for_channel
        on touchpoints.source_entity = for_channel.source_entity
        and touchpoints.event_type = for_channel.event_type
        and touchpoints.channel = for_channel.channel
    left join touchpoint_map as for_all
        on touchpoints.source_entity = for_all.source_entity
        and touchpoints.event_type = for_all.event_type
        and for_all.channel = '*'
)

select
    touchpoint_id,
    source_entity,
    event_type,
    source_record_key,
    identity_record_key,
    touchpoint_type,
    stage,
    touchpoint_type <> 'unmapped' as is_mapped,
    is_contact,
    is_listening,
    is_failure,
    channel,
    coalesce(department, mapped_department, 'unknown') as department,
    account_id,
    store_id,
    product_id,
    campaign_id,
    order_id,
    case_id,
    session_id,
    visitor_key,
    partner_in_charge as partner,
    outcome,
    cost_amount,
    promised_days,
    actual_days,
    occurred_at,
    occurred_date,
    source_system
from mapped
