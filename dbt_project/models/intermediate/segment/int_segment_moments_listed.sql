with

orders as (
    select min(ordered_date) as first_order_date
    from {{ ref('int_orders_completed') }}
    where not is_cancelled
),

calendar as (
    select
        {{ as_of_date() }} as as_of_date,
        cast({{ dbt.dateadd('day', -var('segment_holdout_days'), as_of_date()) }} as date) as holdout_start_date
)

select
    'today' as moment,
    as_of_date as moment_date
from calendar
union all
-- What customers did until then must cover as long a time as what they did afterwards.
select
    'holdout' as moment,
    calendar.holdout_start_date as moment_date
from calendar
cross join orders
where {{ dbt.dateadd('day', var('segment_holdout_days'), 'orders.first_order_date') }} <= calendar.holdout_start_date
