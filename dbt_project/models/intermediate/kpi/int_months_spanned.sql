with

first_facts as (
    select min(ordered_date) as first_date from {{ ref('int_orders_completed') }}
    union all
    select min(started_date) as first_date from {{ ref('stg_crm__contracts') }}
    union all
    select min(responded_date) as first_date from {{ ref('stg_survey__responses') }}
),

bounds as (
    select
        {{ month_of('min(first_date)') }} as first_month,
        {{ as_of_date() }} as as_of_date
    from first_facts
),

-- Counted back from as_of, so that one absurdly old date costs fifty years at most.
series as (
    {{ dbt.generate_series(600) }}
),

months as (
    select
        cast({{ dbt.dateadd('month', '1 - cast(series.generated_number as integer)', month_of('bounds.as_of_date')) }} as date) as month_start,
        bounds.first_month,
        bounds.as_of_date
    from bounds
    cross join series
)

select
    month_start,
    cast({{ dbt.dateadd('month', 1, 'month_start') }} as date) as next_month_start,
    {{ month_number('month_start') }} as month_number,
    as_of_date >= cast({{ dbt.last_day('month_start', 'month') }} as date) as is_complete
from months
where month_start >= first_month
