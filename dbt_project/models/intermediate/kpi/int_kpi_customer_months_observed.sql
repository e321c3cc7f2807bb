with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

spells as (
    select * from {{ ref('int_customer_spells_derived') }}
),

months as (
    select * from {{ ref('int_months_spanned') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

-- Before a whole window of history nobody can have lapsed; such months have no rate.
rated_months as (
    select *
    from months
    where
        is_complete
        and month_number >= (
            select min(customer_months.month_number) + {{ var('activity_window_months') }} from customer_months
        )
),

active_at_start as (
    select
        spells.customer_id,
        rated_months.month_start,
        rated_months.month_number,
        case when spells.last_active_start > rated_months.month_number then 1 else 0 end as is_retained
    from rated_months
    inner join spells
        on rated_months.month_number between spells.first_active_start and spells.last_active_start
),

first_months as (
    select
        customer_id,
        min(month_number) as first_month_number
    from customer_months
    group by customer_id
),

known_months as (
    select
        coalesce(customer_months.customer_id, active_at_start.customer_id) as customer_id,
        coalesce(customer_months.month_start, active_at_start.month_start) as month_start,
        coalesce(customer_months.month_number, active_at_start.month_number) as month_number,
        customer_months.customer_id is not null as has_activity,
        active_at_start.is_retained
    from customer_months
    full outer join active_at_start
        on customer_months.customer_id = active_at_start.customer_id
        and customer_months.month_number = active_at_start.month_number
)

select
    known_months.customer_id || '|' || cast(known_months.month_start as string) as record_key,
    known_months.month_start as observed_date,
    known_months.customer_id as person_key,
    true as is_known_customer,

    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case when known_months.has_activity then 1 end as is_active,
    case
        when known_months.has_activity then known_months.month_number - first_months.first_month_number
    end as tenure_months,
    known_months.is_retained,
    1 - known_months.is_retained as is_lost
from known_months
inner join first_months on known_months.customer_id = first_months.customer_id
left join customers on known_months.customer_id = customers.customer_id
