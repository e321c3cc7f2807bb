with

sessions as (
    select * from {{ ref('int_sessions_derived') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    sessions.session_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    sessions.visitor_key,
    sessions.order_id,
    sessions.campaign_id,

    sessions.source_system,
    sessions.channel,
    sessions.identification,
    sessions.has_search,
    sessions.has_product_view,
    sessions.has_cart,
    sessions.has_checkout,
    sessions.has_purchase,
    sessions.has_help_view,
    sessions.has_error,
    sessions.is_bounce,

    sessions.events_count,
    cast(sessions.page_views_count as bigint) as page_views_count,
    cast(sessions.newsletter_signups_count as bigint) as newsletter_signups_count,
    sessions.duration_seconds,

    sessions.started_at,
    sessions.ended_at,
    sessions.started_date
from sessions
left join customer_records on sessions.identity_record_key = customer_records.identity_record_key
