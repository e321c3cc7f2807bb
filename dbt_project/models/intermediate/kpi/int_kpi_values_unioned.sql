{#- New facts: their model joins this list. -#}
{%- set kpi_models = [
    'int_kpis_of_ad_days', 'int_kpis_of_answers', 'int_kpis_of_booked_products', 'int_kpis_of_bookings',
    'int_kpis_of_cases', 'int_kpis_of_customer_months', 'int_kpis_of_customer_values', 'int_kpis_of_customers',
    'int_kpis_of_deliveries', 'int_kpis_of_feedback', 'int_kpis_of_feedback_topics', 'int_kpis_of_hearings',
    'int_kpis_of_initiatives', 'int_kpis_of_invitations', 'int_kpis_of_messages', 'int_kpis_of_orders', 'int_kpis_of_orders_and_contacts',
    'int_kpis_of_retention', 'int_kpis_of_reviews', 'int_kpis_of_self_service', 'int_kpis_of_session_orders',
    'int_kpis_of_sessions', 'int_kpis_of_topic_voices', 'int_kpis_of_voices',
] -%}
with

cells as (
    {%- for model in kpi_models %}
    {{ 'union all' if not loop.first }}
    select * from {{ ref(model) }}
    {%- endfor %}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

kpis as (
    select
        cells.*,
        {{ period_label('cells.grain', 'cells.period_start') }} as period,
        coalesce({{ period_end('cells.grain', 'cells.period_start') }} <= bounds.as_of_date, true) as is_period_complete
    from cells
    cross join bounds
),

active_customers as (
    select
        *,
        'active' as basis
    from kpis
    where kpi_id = 'active_customers'
),

orders as (
    select
        *,
        'orders' as basis
    from kpis
    where kpi_id = 'orders_count' and dimension = 'all'
)

select
    kpis.kpi_id,
    kpis.grain,
    kpis.period,
    kpis.period_start,
    kpis.dimension,
    kpis.dimension_value,
    kpis.value,
    kpis.value_weighted,
    kpis.n,
    kpis.persons_count,
    kpis.interval_low,
    kpis.interval_high,
    case kpis.coverage_basis
        when 'active' then cast(kpis.active_persons_count as double) / active_customers.n
        when 'orders' then orders.coverage
        else kpis.coverage
    end as coverage,
    kpis.is_period_complete,
    kpis.first_date
from kpis
left join active_customers
    on kpis.coverage_basis = active_customers.basis
    and kpis.grain = active_customers.grain
    and kpis.period = active_customers.period
    and kpis.dimension = active_customers.dimension
    and kpis.dimension_value = active_customers.dimension_value
left join orders
    on kpis.coverage_basis = orders.basis
    and kpis.dimension = orders.dimension
    and kpis.grain = orders.grain
    and kpis.period = orders.period
