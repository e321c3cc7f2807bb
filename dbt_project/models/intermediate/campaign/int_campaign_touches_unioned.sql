with

sessions as (
    select * from {{ ref('int_sessions_derived') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

sends as (
    select * from {{ ref('stg_crm__campaign_sends') }}
    where not is_control_group
),

-- However often a visit says so, it came from a campaign once.
campaign_visits as (
    select
        session_id,
        campaign_id,
        max(case when event_type = 'ad_click' then 1 else 0 end) as has_ad_click,
        min(occurred_at) as touched_at
    from {{ ref('int_events_grouped') }}
    where campaign_id is not null
    group by session_id, campaign_id
),

touches as (
    select
        {{ dbt.hash("'visit|' || campaign_visits.session_id || '|' || campaign_visits.campaign_id") }} as touch_id,
        case when campaign_visits.has_ad_click = 1 then 'ad_click' else 'visit' end as touch_type,
        campaign_visits.campaign_id,
        sessions.identity_record_key,
        sessions.visitor_key,
        campaign_visits.touched_at
    from campaign_visits
    inner join sessions on campaign_visits.session_id = sessions.session_id
    {%- for touch, instant in [('message_open', 'coalesce(opened_at, clicked_at)'), ('message_click', 'clicked_at')] %}
    union all
    select
        {{ dbt.hash("'" ~ touch ~ "|' || send_id") }} as touch_id,
        '{{ touch }}' as touch_type,
        campaign_id,
        identity_record_key,
        cast(null as string) as visitor_key,
        {{ instant }} as touched_at
    from sends
    where campaign_id is not null and {{ instant }} is not null
    {%- endfor %}
),

identified as (
    select
        touches.touch_id,
        touches.touch_type,
        touches.campaign_id,
        coalesce(
            customer_records.customer_id, 'visitor|' || touches.visitor_key, 'touch|' || touches.touch_id
        ) as person_key,
        cast(null as string) as order_id,
        touches.touched_at
    from touches
    left join customer_records on touches.identity_record_key = customer_records.identity_record_key
),

stated_by_orders as (
    select
        {{ dbt.hash("'order|' || order_id") }} as touch_id,
        'order' as touch_type,
        campaign_id,
        person_key,
        order_id,
        ordered_at as touched_at
    from {{ ref('int_order_buyers_identified') }}
    where campaign_id is not null
)

select * from identified
union all
select * from stated_by_orders
