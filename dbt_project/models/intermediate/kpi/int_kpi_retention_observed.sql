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

grains as (
    {%- for grain, months_count in [('month', 1), ('quarter', 3), ('year', 12)] %}
    select '{{ grain }}' as grain, {{ months_count }} as months_count
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

-- Before a whole window of history nobody can have lapsed; such periods have no rate.
rated_periods as (
    select
        grains.grain,
        months.month_start as period_start,
        months.month_number as start_number,
        months.month_number + grains.months_count as end_number
    from months
    cross join grains
    inner join months as last_months on months.month_number + grains.months_count - 1 = last_months.month_number
    where
        months.month_start = {{ period_start('grains.grain', 'months.month_start') }}
        and last_months.is_complete
        and months.month_number >= (
            select min(customer_months.month_number) + {{ var('activity_window_months') }} from customer_months
        )
),

-- A spell holds who is active at the start of a month; its end is the start of the next. Who lapsed and came back
-- within the period is still there.
active_at_start as (
    select
        spells.customer_id,
        rated_periods.grain,
        rated_periods.period_start,
        case when later_spells.customer_id is not null then 1 else 0 end as is_retained
    from rated_periods
    inner join spells
        on rated_periods.start_number between spells.first_active_start and spells.last_active_start
    left join spells as later_spells
        on spells.customer_id = later_spells.customer_id
        and rated_periods.end_number between later_spells.first_active_start and later_spells.last_active_start
)

select
    active_at_start.customer_id || '|' || active_at_start.grain || '|'
    || cast(active_at_start.period_start as string) as record_key,
    active_at_start.grain,
    active_at_start.period_start as observed_date,
    active_at_start.customer_id as person_key,
    true as is_known_customer,

    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    active_at_start.is_retained,
    1 - active_at_start.is_retained as is_lost
from active_at_start
left join customers on active_at_start.customer_id = customers.customer_id
