with

service_hours as (
    select distinct region from {{ ref('service_hours') }}
),

cases as (
    select min(opened_date) as first_date from {{ ref('stg_crm__cases') }}
),

-- One absurdly old date costs fifty years of holidays at most.
years as (
    select
        cast(extract(year from {{ as_of_date() }}) as integer) as as_of_year,
        cast(extract(year from first_date) as integer) as first_case_year
    from cases
)

select
    service_hours.region,
    greatest(
        least(coalesce(years.first_case_year, years.as_of_year), years.as_of_year), years.as_of_year - 50
    ) as first_year,
    years.as_of_year + 1 as last_year
from service_hours
cross join years
