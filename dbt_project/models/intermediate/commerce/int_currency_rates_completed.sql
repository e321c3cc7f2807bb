with

rates as (
    select
        upper(trim(currency)) as currency,
        rate_to_reporting
    from {{ ref('currency_rates') }}
    where upper(trim(currency)) <> '{{ var("reporting_currency") }}'
),

reporting_currency as (
    select
        '{{ var("reporting_currency") }}' as currency,
        cast(1 as decimal(18, 8)) as rate_to_reporting
)

select * from rates
union all
select * from reporting_currency
