{{ config(meta={'dagster': {'ref': {'name': 'value_by_customer_attribute'}}}) }}
-- The total less the shown cells of an attribute is nobody or people enough, and never one cell alone. Where the
-- total is too few people to be shown, nothing can be taken from it.
with

cells as (
    select
        parts.dimension,
        max(totals.customers_count) - coalesce(sum(parts.customers_count), 0) as hidden_customers_count,
        sum(case when parts.is_suppressed then 1 else 0 end) as hidden_cells_count
    from {{ ref('value_by_customer_attribute') }} as parts
    cross join {{ ref('value_by_customer_attribute') }} as totals
    where parts.dimension <> 'all' and totals.dimension = 'all'
    group by parts.dimension
)

select *
from cells
where hidden_customers_count between 1 and {{ var('small_cell_minimum') - 1 }}
    or (hidden_cells_count = 1 and hidden_customers_count is not null)
