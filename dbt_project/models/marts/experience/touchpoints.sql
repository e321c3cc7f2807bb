with

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

-- A response may hold several comments; the touchpoint gets their mean.
sentiment as (
    select
        source_record_key,
        avg(polarity) as polarity
    from {{ ref('feedback') }}
    group by source_record_key
)

select
    touchpoints.touchpoint_id,
    coalesce(customer_records.customer_id, 'unknown') as customer_id,
    touchpoints.source_record_key,
    touchpoints.account_id,
    touchpoints.store_id,
    touchpoints.product_id,
    touchpoints.campaign_id,
    touchpoints.order_id,
    touchpoints.case_id,

    touchpoints.source_system,
    touchpoints.source_entity,
    touchpoints.event_type,
    touchpoints.touchpoint_type,
    touchpoints.stage,
    touchpoints.is_mapped,
    touchpoints.channel,
    touchpoints.department,
    touchpoints.outcome,

    touchpoints.cost_amount,
    '{{ var("reporting_currency") }}' as currency,
    touchpoints.score_normalised,
    sentiment.polarity,

    touchpoints.occurred_at,
    touchpoints.occurred_date
from touchpoints
left join customer_records on touchpoints.identity_record_key = customer_records.identity_record_key
left join sentiment
    on touchpoints.source_record_key = sentiment.source_record_key
