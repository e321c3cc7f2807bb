{%- set lookback = var('journey_lookback_days') -%}
with

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

concerns as (
    select
        cases_linked.case_id,
        concerns.concern_id,
        concerns.journey_type
    from {{ ref('int_cases_linked') }} as cases_linked
    inner join {{ ref('int_concerns_summarised') }} as concerns on cases_linked.concern_id = concerns.concern_id
),

reviews as (
    select * from {{ ref('int_reviews_attached') }}
),

-- Whose touchpoint it is: the customer, else the visitor. On the path to a purchase are contacts of the
-- stages before it, and whatever happens in a visit. What is about a case belongs to its concern, even
-- where the case is about an order.
identified as (
    select
        touchpoints.touchpoint_id,
        coalesce(customer_records.customer_id, 'unknown') as customer_id,
        coalesce(customer_records.customer_id, touchpoints.visitor_key) as party_key,
        touchpoints.is_contact,
        touchpoints.is_listening,
        touchpoints.occurred_at,
        touchpoints.event_type = 'ordered' and touchpoints.source_entity = 'pos.orders' as is_purchase,
        coalesce(touchpoints.order_id, reviews.order_id) as order_id,
        case
            when concerns.concern_id is not null then concerns.journey_type
            when touchpoints.source_entity = 'crm.contracts' then 'contract'
            when coalesce(touchpoints.order_id, reviews.order_id) is not null then 'purchase'
        end as own_journey_type,
        coalesce(
            concerns.concern_id,
            case when touchpoints.source_entity = 'crm.contracts' then touchpoints.source_record_key end,
            touchpoints.order_id,
            reviews.order_id
        ) as own_anchor,
        coalesce(touchpoints.session_id is not null and touchpoints.visitor_key is not null, false) as is_visit,
        coalesce(
            (touchpoints.is_contact and touchpoints.stage in ('awareness', 'consideration', 'purchase'))
            or (touchpoints.session_id is not null and touchpoints.visitor_key is not null),
            false
        ) as is_before_purchase
    from touchpoints
    left join customer_records on touchpoints.identity_record_key = customer_records.identity_record_key
    left join concerns on touchpoints.case_id = concerns.case_id
    left join reviews on touchpoints.touchpoint_id = reviews.touchpoint_id
),

path as (
    select
        touchpoint_id,
        party_key,
        occurred_at,
        own_anchor,
        is_visit,
        {{ first_known("case when is_purchase then order_id end", "coming") }} as next_order_id,
        {{ first_known("case when is_purchase then occurred_at end", "coming") }} as next_order_at
    from identified
    where
        party_key is not null and occurred_at is not null
        and (is_purchase or (is_before_purchase and own_anchor is null))
    window coming as (
        partition by party_key
        order by occurred_at asc, case when is_purchase then 1 else 0 end asc, touchpoint_id asc
        rows between current row and unbounded following
    )
),

before_purchase as (
    select
        *,
        coalesce(
            occurred_at >= {{ dbt.dateadd('day', -lookback, 'next_order_at') }}, false
        ) as leads_to_purchase
    from path
    where own_anchor is null
),

-- A search without a purchase ends with a silence of the look-back, or with the next purchase.
searches as (
    select
        *,
        case
            when
                lag(occurred_at) over (partition by party_key order by occurred_at, touchpoint_id)
                >= {{ dbt.dateadd('day', -lookback, 'occurred_at') }}
                and coalesce(lag(next_order_id) over (partition by party_key order by occurred_at, touchpoint_id), '')
                = coalesce(next_order_id, '')
                then 0
            else 1
        end as is_new_search
    from before_purchase
    where not leads_to_purchase
),

numbered_searches as (
    select
        *,
        sum(is_new_search) over (
            partition by party_key order by occurred_at, touchpoint_id
            rows between unbounded preceding and current row
        ) as search_number
    from searches
),

anchored_searches as (
    select
        touchpoint_id,
        first_value(touchpoint_id) over (
            partition by party_key, search_number order by occurred_at, touchpoint_id
        ) as first_touchpoint_id,
        max(case when is_visit then 1 else 0 end) over (partition by party_key, search_number) = 1 as has_visit
    from numbered_searches
),

found as (
    select
        touchpoint_id,
        next_order_id as anchor,
        true as has_visit
    from before_purchase
    where leads_to_purchase
    union all
    select
        touchpoint_id,
        first_touchpoint_id as anchor,
        has_visit
    from anchored_searches
),

assigned as (
    select
        identified.*,
        coalesce(identified.own_journey_type, case when found.has_visit then 'purchase' end) as found_type,
        case
            when identified.occurred_at is not null
                then coalesce(identified.own_anchor, case when found.has_visit then found.anchor end)
        end as anchor_key,
        found.touchpoint_id is not null as is_on_path
    from identified
    left join found on identified.touchpoint_id = found.touchpoint_id
)

select
    touchpoint_id,
    customer_id,
    coalesce(party_key, anchor_key) as party_key,
    case
        when anchor_key is not null
            then {{ dbt.hash("'journey|' || found_type || '|' || anchor_key") }}
    end as journey_id,
    case when anchor_key is not null then found_type end as journey_type,
    anchor_key,
    case
        when anchor_key is not null then null
        when occurred_at is null then 'no_time'
        when party_key is null then 'nobody_known'
        when is_listening then 'about_no_order_or_case'
        when not is_contact then 'company_message'
        when is_on_path then 'no_visit'
        else 'no_concern'
    end as no_journey_reason
from assigned
