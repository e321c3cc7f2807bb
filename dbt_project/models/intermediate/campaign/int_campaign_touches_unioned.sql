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
    union all
    select
        {{ dbt.hash("'message|' || send_id") }} as touch_id,
        case when clicked_at is not null then 'message_click' else 'message_open' end as touch_type,
        campaign_id,
        identity_record_key,
        cast(null as string) as visitor_key,
        coalesce(clicked_at, opened_at) as touched_at
    from sends
    where campaign_id is not null and coalesce(clicked_at, opened_at) is not null
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

-- A message and the visit that it leads to are one touch. An advertisement clicked is one of its own.
with_message as (
    select
        *,
        max(case when touch_type in ('message_open', 'message_click') then touched_at end) over (
            partition by person_key, campaign_id
            order by touched_at, case when touch_type in ('visit', 'ad_click') then 1 else 0 end, touch_id
            rows between unbounded preceding and current row
        ) as last_message_at
    from identified
),

without_landings as (
    select
        touch_id,
        touch_type,
        campaign_id,
        person_key,
        order_id,
        touched_at
    from with_message
    where
        touch_type <> 'visit'
        or last_message_at is null
        or touched_at > {{ dbt.dateadd('day', 1, 'last_message_at') }}
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

select * from without_landings
union all
select * from stated_by_orders
