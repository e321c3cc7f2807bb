with

events as (
    select * from {{ ref('int_events_sessionised') }}
),

sessions as (
    select * from {{ ref('int_sessions_derived') }}
),

order_lines as (
    select distinct
        order_id,
        product_id
    from {{ ref('int_order_lines_converted') }}
    where not is_return and product_id is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

purchases as (
    select
        order_id,
        session_id,
        min(occurred_at) as purchased_at,
        row_number() over (partition by order_id order by min(occurred_at), session_id) as purchase_number
    from events
    where event_type = 'purchase' and order_id is not null
    group by order_id, session_id
),

-- Without a view of a product in it a visit is not told whole, and says nothing of how the purchase began.
session_orders as (
    select
        purchases.order_id,
        purchases.session_id,
        purchases.purchased_at,
        sessions.started_at,
        sessions.started_date,
        sessions.channel,
        customer_records.customer_id,
        coalesce(customer_records.customer_id, sessions.visitor_key) as person_key
    from purchases
    inner join sessions on purchases.session_id = sessions.session_id
    left join customer_records on sessions.identity_record_key = customer_records.identity_record_key
    where purchases.purchase_number = 1 and sessions.has_product_view
),

product_views as (
    select
        coalesce(customer_records.customer_id, events.visitor_key) as person_key,
        events.product_id,
        events.occurred_at
    from events
    left join customer_records on events.identity_record_key = customer_records.identity_record_key
    where events.event_type = 'product_view' and events.product_id is not null
),

planned_orders as (
    select distinct session_orders.order_id
    from session_orders
    inner join order_lines on session_orders.order_id = order_lines.order_id
    inner join product_views
        on session_orders.person_key = product_views.person_key
        and order_lines.product_id = product_views.product_id
        and session_orders.started_at > product_views.occurred_at
        and product_views.occurred_at
        >= {{ dbt.dateadd('day', -var('impulse_lookback_days'), 'session_orders.started_at') }}
)

select
    session_orders.order_id as record_key,
    session_orders.started_date as observed_date,
    coalesce(session_orders.person_key, session_orders.session_id) as person_key,
    session_orders.customer_id is not null as is_known_customer,

    session_orders.channel,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case
        when planned_orders.order_id is not null then 0
        when
            {{ dbt.datediff('session_orders.started_at', 'session_orders.purchased_at', 'second') }}
            < 60 * {{ var('impulse_minutes') }}
            then 1
        else 0
    end as is_impulse
from session_orders
left join planned_orders on session_orders.order_id = planned_orders.order_id
left join customers on session_orders.customer_id = customers.customer_id
