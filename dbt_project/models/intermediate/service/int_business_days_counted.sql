with

service_hours as (
    select * from {{ ref('service_hours') }}
),

holidays as (
    select * from {{ ref('stg_ml__public_holidays') }}
),

cases as (
    select min(opened_date) as first_date from {{ ref('stg_crm__cases') }}
),

departments as (
    select
        department,
        min(region) as region
    from service_hours
    group by department
),

series as (
    select numbers.generated_number from ({{ dbt.generate_series(18700) }}) as numbers
),

-- Counted back from a year after as_of, which promises may reach; fifty years at most.
days as (
    select cast(
        {{ dbt.dateadd('day', '366 - cast(series.generated_number as integer) + 1', as_of_date()) }} as date
    ) as business_date
    from series
),

calendar as (
    select
        departments.department,
        departments.region,
        days.business_date,
        holidays.holiday_date is not null as is_holiday,
        case when holidays.holiday_date is null then {{ second_of_day('service_hours.opens_at') }} end as opens_second,
        case when holidays.holiday_date is null then {{ second_of_day('service_hours.closes_at') }} end as closes_second
    from days
    cross join departments
    inner join cases on days.business_date >= {{ dbt.dateadd('day', -1, 'cases.first_date') }}
    left join service_hours
        on departments.department = service_hours.department
        and {{ weekday_of('days.business_date') }} = service_hours.weekday
    left join holidays
        on departments.region = holidays.region
        and days.business_date = holidays.holiday_date
),

-- Wall-clock times become instants first, so that a day of 23 or 25 hours counts what was worked.
opened as (
    select
        *,
        {{ from_company_time(dbt.dateadd('second', 'coalesce(opens_second, 0)', 'cast(business_date as timestamp)')) }} as opens_at,
        {{ from_company_time(dbt.dateadd('second', 'coalesce(closes_second, 0)', 'cast(business_date as timestamp)')) }} as closes_at
    from calendar
),

timed as (
    select
        *,
        {{ dbt.datediff('opens_at', 'closes_at', 'second') }} as business_seconds
    from opened
)

select
    department,
    region,
    business_date,
    is_holiday,
    opens_second,
    closes_second,
    opens_at,
    closes_at,
    business_seconds,
    cast(
        coalesce(
            sum(business_seconds) over (
                partition by department order by business_date rows between unbounded preceding and 1 preceding
            ),
            0
        ) as bigint
    ) as business_seconds_before
from timed
