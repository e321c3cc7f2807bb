with

moments as (
    select * from {{ ref('int_segment_moments_listed') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

orders as (
    select
        customer_records.customer_id,
        orders.ordered_date,
        orders.revenue
    from {{ ref('int_orders_completed') }} as orders
    inner join customer_records on orders.identity_record_key = customer_records.identity_record_key
    where not orders.is_cancelled
),

purchases as (
    select
        orders.customer_id,
        moments.moment,
        max(case when orders.ordered_date <= moments.moment_date then orders.ordered_date end) as last_order_date,
        min(orders.ordered_date) as first_order_date,
        count(
            distinct case when orders.ordered_date <= moments.moment_date then orders.ordered_date end
        ) as order_days_count,
        sum(case when orders.ordered_date <= moments.moment_date then orders.revenue end) as revenue,
        sum(case when orders.ordered_date > moments.moment_date then orders.revenue end) as outcome_revenue
    from orders
    cross join moments
    group by orders.customer_id, moments.moment
    having min(orders.ordered_date) <= max(moments.moment_date)
),

-- The tier that the records of the customer had then; where a CRM keeps no history, today's.
memberships as (
    select
        versions.customer_id,
        moments.moment,
        max(coalesce(cast(tiers.loyalty_level as integer), 1)) as loyalty_level
    from {{ ref('int_customer_versions_identified') }} as versions
    inner join moments
        on coalesce(versions.valid_from, moments.moment_date) <= moments.moment_date
        and (versions.valid_to is null or versions.valid_to > moments.moment_date)
    left join {{ ref('loyalty_tiers') }} as tiers on lower(versions.loyalty_tier) = tiers.loyalty_tier
    where versions.loyalty_tier is not null
    group by versions.customer_id, moments.moment
),

experiences as (
    select * from {{ ref('int_segment_experiences_measured') }}
),

placed as (
    select
        customer_id,
        moment
    from purchases
    union distinct
    select
        customer_id,
        moment
    from experiences
)

select
    placed.customer_id,
    placed.moment,
    moments.moment_date,

    {{ dbt.datediff('purchases.last_order_date', 'moments.moment_date', 'day') }} as recency_days,
    purchases.order_days_count,
    cast(purchases.revenue as double) as revenue,
    {{ dbt.datediff('purchases.first_order_date', 'moments.moment_date', 'day') }} as tenure_days,
    coalesce(memberships.loyalty_level, 0) as loyalty_level,

    experiences.voices_count,
    experiences.score,
    experiences.polarity,
    experiences.ease_score,
    experiences.complaints_count,
    experiences.cases_count,
    experiences.late_delivery_share,

    cast(case when placed.moment = 'holdout' then coalesce(purchases.outcome_revenue, 0) end as double)
        as outcome_revenue
from placed
inner join moments on placed.moment = moments.moment
left join purchases on placed.customer_id = purchases.customer_id and placed.moment = purchases.moment
left join memberships on placed.customer_id = memberships.customer_id and placed.moment = memberships.moment
left join experiences on placed.customer_id = experiences.customer_id and placed.moment = experiences.moment
