with

products as (
    select * from {{ ref('stg_pos__products') }}
),

rates as (
    select * from {{ ref('int_currency_rates_completed') }}
),

line_totals as (
    select
        product_id,
        {{ money('sum(case when is_return then 0 else quantity end)') }} as units_sold,
        {{ money('-sum(case when is_return then quantity else 0 end)') }} as units_returned,
        {{ money('sum(revenue)') }} as revenue,
        {{ money('sum(margin)') }} as margin,
        min(booked_date) as first_sold_date,
        max(booked_date) as last_sold_date
    from {{ ref('int_order_lines_converted') }}
    where product_id is not null and not is_cancelled
    group by product_id
)

select
    products.product_id,
    products.product_name,
    products.category,
    products.subcategory,
    products.brand,
    products.supplier,
    products.is_subscription,
    products.launched_date,
    {{ to_reporting_currency('products.unit_price', 'rates.rate_to_reporting') }} as unit_price,
    {{ to_reporting_currency('products.unit_cost', 'rates.rate_to_reporting') }} as unit_cost,
    coalesce(line_totals.units_sold, {{ money('0') }}) as units_sold,
    coalesce(line_totals.units_returned, {{ money('0') }}) as units_returned,
    cast(line_totals.units_returned as double) / nullif(cast(line_totals.units_sold as double), 0) as return_rate,
    coalesce(line_totals.revenue, {{ money('0') }}) as revenue,
    line_totals.margin,
    '{{ var("reporting_currency") }}' as currency,
    line_totals.first_sold_date,
    line_totals.last_sold_date
from products
left join rates on products.currency = rates.currency
left join line_totals on products.product_id = line_totals.product_id
