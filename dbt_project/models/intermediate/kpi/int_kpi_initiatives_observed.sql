with

initiatives as (
    select * from {{ ref('stg_ml__initiatives') }}
)

-- Standard errors of several initiatives add up as variances. What n counts is what was spent: a return on next to
-- nothing is none.
select
    initiative_id as record_key,
    measured_until_date as observed_date,
    initiative_id as person_key,
    false as is_known_customer,

    gain - cost as gain_less_cost,
    cost,
    power(customers_count * standard_error, 2) as gain_variance,
    customers_count
from initiatives
where roi is not null and cost >= {{ var('small_cell_minimum') }}
