{%- set carriers = ['visitor_key', 'device_key'] -%}
{%- set place = 'place_in_time' -%}
with

events as (
    select
        *,
        {{ place_in_time('occurred_at', 'event_id') }} as place_in_time
    from {{ ref('int_events_grouped') }}
),

sessions as (
    select
        session_id,
        min(visitor_key) as visitor_key,
        min(device_key) as device_key,
        {{ first_by('login_record_key', place) }} as login_record_key,
        {{ first_by('buyer_record_key', place) }} as buyer_record_key,
        {{ first_by('channel', place) }} as channel,
        {{ first_by('campaign_id', place) }} as campaign_id,
        {{ first_by('order_id', place, "event_type = 'purchase'") }} as order_id,
        min(source_system) as source_system,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(occurred_date) as started_date,
        count(*) as events_count,
        {%- for event in ['page_view', 'product_view', 'newsletter_signup', 'purchase'] %}
        sum(case when event_type = '{{ event }}' then 1 else 0 end) as {{ event }}s_count,
        {%- endfor %}
        {%- for event in ['search', 'cart', 'checkout', 'help_view', 'app_error', 'ad_click'] %}
        max(case when event_type = '{{ event }}' then 1 else 0 end) = 1 as has_{{ event }},
        {%- endfor %}
        sum(case when event_type in ('page_view', 'product_view', 'help_view') then 1 else 0 end) as pages_seen_count,
        sum(case when event_type = 'ad_click' then 0 else 1 end) as steps_count
    from events
    group by session_id
),

stated as (
    select
        *,
        coalesce(login_record_key, buyer_record_key) as stated_record_key
    from sessions
)

{%- for carrier in carriers %},

-- Who is many people is nobody: a terminal in a store, or a placeholder instead of an identifier.
{{ carrier }}_known as (
    select {{ carrier }}
    from stated
    where {{ carrier }} is not null and stated_record_key is not null and {{ var('attach_anonymous_visits') }}
    group by {{ carrier }}
    having count(distinct stated_record_key) <= {{ var('visitor_records_maximum') }}
),

-- The next one named by the same carrier, else the one before.
by_{{ carrier }} as (
    select
        stated.session_id,
        coalesce(
            {{ first_known('stated.stated_record_key', "(partition by stated." ~ carrier
                ~ " order by stated.started_at, stated.session_id rows between current row and unbounded following)") }},
            {{ first_known('stated.stated_record_key', "(partition by stated." ~ carrier
                ~ " order by stated.started_at desc, stated.session_id desc"
                ~ " rows between current row and unbounded following)") }}
        ) as identity_record_key
    from stated
    inner join {{ carrier }}_known on stated.{{ carrier }} = {{ carrier }}_known.{{ carrier }}
)
{%- endfor %}

select
    stated.session_id,
    stated.visitor_key,
    coalesce(
        stated.stated_record_key, by_visitor_key.identity_record_key, by_device_key.identity_record_key
    ) as identity_record_key,
    case
        when stated.login_record_key is not null then 'login'
        when stated.buyer_record_key is not null then 'order'
        when coalesce(by_visitor_key.identity_record_key, by_device_key.identity_record_key) is not null then 'visitor'
        else 'none'
    end as identification,
    stated.order_id,
    stated.campaign_id,
    stated.source_system,
    stated.channel,
    stated.events_count,
    stated.page_views_count,
    stated.product_views_count,
    stated.newsletter_signups_count,
    stated.has_search,
    stated.product_views_count > 0 as has_product_view,
    stated.has_cart,
    stated.has_checkout or stated.purchases_count > 0 as has_checkout,
    stated.purchases_count > 0 as has_purchase,
    stated.has_help_view,
    stated.has_app_error as has_error,
    stated.has_ad_click,
    stated.pages_seen_count = 1 and stated.steps_count = 1 as is_bounce,
    {{ dbt.datediff('stated.started_at', 'stated.ended_at', 'second') }} as duration_seconds,
    stated.started_at,
    stated.ended_at,
    stated.started_date
from stated
left join by_visitor_key on stated.session_id = by_visitor_key.session_id
left join by_device_key on stated.session_id = by_device_key.session_id
