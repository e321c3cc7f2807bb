with

initiatives as (
    select
        *,
        {{ rounded_count('customers_count') }} as rounded_customers_count
    from {{ ref('stg_ml__initiatives') }}
    where roi is not null and cost >= {{ var('small_cell_minimum') }}
)

-- Standard errors of several initiatives add up as variances. What n counts is what was spent: a return on next to
-- nothing is none. As in the report, gains are those of rounded counts: exact ones would follow from them.
select
    initiative_id as record_key,
    measured_until_date as observed_date,
    initiative_id as person_key,
    false as is_known_customer,

    cast({{ money(money('effect') ~ ' * rounded_customers_count') }} as double) - cost as gain_less_cost,
    cost,
    power(rounded_customers_count * standard_error, 2) as gain_variance,
    customers_count
from initiatives
