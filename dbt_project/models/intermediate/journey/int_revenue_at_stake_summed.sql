with

bad_contacts as (
    select
        touchpoint_type,
        channel,
        coalesce(outcome, 'none') as outcome,
        {{ month_of('occurred_date') }} as month_start,
        customer_id
    from {{ ref('touchpoints') }}
    where is_bad and not is_listening and customer_id <> 'unknown' and occurred_date is not null
),

-- A customer is at stake once per cell, however often the contact was bad.
customers_at_stake as (
    select
        touchpoint_type,
        coalesce(channel, 'all') as channel,
        coalesce(outcome, 'all') as outcome,
        month_start,
        customer_id,
        coalesce(month_start, {{ month_of(as_of_date()) }}) as stake_month
    from bad_contacts
    group by {{ each_and_all(['touchpoint_type', 'customer_id'], ['channel', 'outcome', 'month_start']) }}
),

customer_months as (
    select
        customer_records.customer_id,
        {{ month_of('bookings.booked_date') }} as booked_month,
        sum(bookings.revenue) as revenue
    from {{ ref('int_revenue_booked') }} as bookings
    inner join {{ ref('stg_ml__customer_records') }} as customer_records
        on bookings.identity_record_key = customer_records.identity_record_key
    where bookings.booked_date is not null
    group by 1, 2
),

stakes as (
    select
        people.customer_id,
        people.stake_month,
        sum(customer_months.revenue) as revenue
    from (select distinct customer_id, stake_month from customers_at_stake) as people
    inner join customer_months
        on people.customer_id = customer_months.customer_id
        and customer_months.booked_month <= people.stake_month
        and customer_months.booked_month > {{ dbt.dateadd('month', -12, 'people.stake_month') }}
    group by people.customer_id, people.stake_month
)

select
    customers_at_stake.touchpoint_type,
    customers_at_stake.channel,
    customers_at_stake.outcome,
    customers_at_stake.month_start,
    {{ money('coalesce(sum(stakes.revenue), 0)') }} as revenue_at_stake
from customers_at_stake
left join stakes
    on customers_at_stake.customer_id = stakes.customer_id
    and customers_at_stake.stake_month = stakes.stake_month
group by
    customers_at_stake.touchpoint_type,
    customers_at_stake.channel,
    customers_at_stake.outcome,
    customers_at_stake.month_start
