{%- set dimensions = ['customer_type', 'country', 'region', 'loyalty_tier'] -%}
with

bookings as (
    select * from {{ ref('int_revenue_booked') }}
    where booked_date is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customer_history as (
    select * from {{ ref('customer_history') }}
),

-- Who is customer is known today; what the customer was like is taken from the day of the booking.
described_bookings as (
    select
        {{ month_of('bookings.booked_date') }} as period_start,
        bookings.order_id,
        coalesce(customer_records.customer_id, bookings.order_id) as person_key,
        bookings.revenue,
        {%- for dimension in dimensions %}
        coalesce(customer_history.{{ dimension }}, 'unknown') as {{ dimension }}{{ ',' if not loop.last }}
        {%- endfor %}
    from bookings
    left join customer_records on bookings.identity_record_key = customer_records.identity_record_key
    left join customer_history
        on customer_records.customer_id = customer_history.customer_id
        and {{ valid_on('customer_history', 'bookings.booked_date') }}
),

cells as (
    {%- for dimension in dimensions %}
    {{ 'union all' if not loop.first }}
    select
        period_start,
        '{{ dimension }}' as dimension,
        {{ dimension }} as dimension_value,
        count(distinct person_key) as customers_count,
        count(distinct order_id) as orders_count,
        sum(revenue) as revenue
    from described_bookings
    group by period_start, {{ dimension }}
    {%- endfor %}
),

ranked_cells as (
    select
        *,
        {{ smaller_cells('customers_count', 'period_start, dimension', 'dimension_value') }}
    from cells
),

judged as (
    select
        *,
        {{ is_hidden_cell() }} as is_suppressed
    from ranked_cells
)

select
    {{ period_label("'month'", 'period_start') }} as period,
    period_start,
    dimension,
    dimension_value,
    case when not is_suppressed then customers_count end as customers_count,
    case when not is_suppressed then orders_count end as orders_count,
    case when not is_suppressed then {{ money('revenue') }} end as revenue,
    '{{ var("reporting_currency") }}' as currency,
    is_suppressed
from judged
