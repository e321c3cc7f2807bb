{%- set window = var('activity_window_months') -%}
with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

-- A silence longer than the window ends a spell.
with_previous as (
    select
        customer_id,
        month_number,
        lag(month_number) over (partition by customer_id order by month_number) as previous_month_number
    from customer_months
),

marked as (
    select
        customer_id,
        month_number,
        case when month_number - previous_month_number <= {{ window }} then 0 else 1 end as is_start
    from with_previous
),

numbered as (
    select
        customer_id,
        month_number,
        sum(is_start) over (
            partition by customer_id order by month_number
            rows between unbounded preceding and current row
        ) as spell_number
    from marked
)

select
    customer_id,
    cast(spell_number as integer) as spell_number,
    min(month_number) + 1 as first_active_start,
    max(month_number) + {{ window }} as last_active_start
from numbered
group by customer_id, spell_number
