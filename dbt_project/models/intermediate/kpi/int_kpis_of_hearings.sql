{{ config(meta={
    'kpis': {
        'customers_heard': {
            'method': 'persons', 'share_of': {'kpi': 'active_customers', 'total_in': ['channel']}, 'n': 'divisor',
        },
    },
    'facts': 'int_kpi_hearings_observed',
    'by_grain': true,
}) }}
with

heard_customers as (
    select * from {{ ref('int_kpi_heard_customers_counted') }}
),

active_customers as (
    select * from {{ ref('int_kpis_of_customer_months') }}
    where kpi_id = 'active_customers'
),

-- Who may be heard on a channel are all active customers.
joined as (
    select
        heard_customers.*,
        heard_customers.n as heard_count,
        active_customers.n as active_count
    from heard_customers
    inner join active_customers
        on heard_customers.grain = active_customers.grain
        and coalesce(heard_customers.period_start, {{ beginning_of_history() }})
        = coalesce(active_customers.period_start, {{ beginning_of_history() }})
        and case when heard_customers.dimension = 'channel' then 'all' else heard_customers.dimension end
        = active_customers.dimension
        and case when heard_customers.dimension = 'channel' then 'all' else heard_customers.dimension_value end
        = active_customers.dimension_value
)

select
    kpi_id,
    grain,
    period_start,
    dimension,
    dimension_value,
    1.0 * heard_count / active_count as value,
    value_weighted,
    active_count as n,
    persons_count,
    active_persons_count,
    coverage,
    'orders' as coverage_basis,
    {{ share_bound('heard_count', 'active_count', -1) }} as interval_low,
    {{ share_bound('heard_count', 'active_count', 1) }} as interval_high,
    first_date
from joined
