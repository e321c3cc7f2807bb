with

months as (
    select * from {{ ref('int_months_spanned') }}
),

series as (
    select cast(numbers.generated_number as integer) as day_number
    from ({{ dbt.generate_series(31) }}) as numbers
),

days as (
    select
        cast({{ dbt.dateadd('day', 'series.day_number - 1', 'months.month_start') }} as date) as calendar_date,
        months.next_month_start
    from months
    cross join series
)

select calendar_date
from days
where calendar_date < next_month_start
