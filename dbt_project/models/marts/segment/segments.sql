{#- Who has no outcome is the rest of the segment: neither may be few. -#}
{%- set is_shown -%}
segments.outcome_count >= {{ var('small_cell_minimum') }}
        and segments.customers_count - segments.outcome_count not between 1 and {{ var('small_cell_minimum') - 1 }}
{%- endset -%}
with

segments as (
    select * from {{ ref('stg_ml__segments') }}
),

members as (
    select
        members.segmentation,
        members.segment_id,
        {{ money('sum(orders.revenue)') }} as revenue,
        {{ money('sum(orders.margin)') }} as margin
    from {{ ref('stg_ml__customer_segments') }} as members
    left join {{ ref('int_customer_orders_summarised') }} as orders on members.customer_id = orders.customer_id
    group by members.segmentation, members.segment_id
)

select
    segments.segmentation,
    segments.segment_id,
    segments.name_en,
    segments.name_de,
    segments.description_en,
    segments.description_de,
    segments.customers_count,
    segments.customers_share,
    members.revenue,
    members.margin,
    '{{ var("reporting_currency") }}' as currency,
    segments.stability,
    case when {{ is_shown }} then segments.outcome_mean end as outcome_mean,
    case when {{ is_shown }} then segments.outcome_count end as outcome_count,
    segments.first_as_of_date,
    segments.model_name,
    segments.model_version
from segments
left join members
    on segments.segmentation = members.segmentation
    and segments.segment_id = members.segment_id
