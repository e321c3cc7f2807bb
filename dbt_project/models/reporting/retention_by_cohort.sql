with

customer_months as (
    select * from {{ ref('int_customer_months_activated') }}
),

spells as (
    select * from {{ ref('int_customer_spells_derived') }}
),

months as (
    select * from {{ ref('int_months_spanned') }}
    where is_complete
),

cohorts as (
    select
        customer_id,
        min(month_number) as cohort_number
    from customer_months
    group by customer_id
),

sizes as (
    select
        cohort_number,
        count(*) as customers_count
    from cohorts
    group by cohort_number
),

retained as (
    select
        cohorts.cohort_number,
        months.month_number,
        count(distinct cohorts.customer_id) as retained_count
    from cohorts
    inner join spells on cohorts.customer_id = spells.customer_id
    inner join months on months.month_number + 1 between spells.first_active_start and spells.last_active_start
    group by cohorts.cohort_number, months.month_number
),

buying as (
    select
        cohorts.cohort_number,
        customer_months.month_number,
        count(distinct cohorts.customer_id) as buying_count
    from cohorts
    inner join customer_months on cohorts.customer_id = customer_months.customer_id
    group by cohorts.cohort_number, customer_months.month_number
),

-- A cohort is complete when its first month is.
cells as (
    select
        cohort_months.month_start as cohort_start,
        months.month_number - sizes.cohort_number as months_since,
        sizes.customers_count,
        coalesce(retained.retained_count, 0) as retained_count,
        coalesce(buying.buying_count, 0) as buying_count
    from sizes
    inner join months as cohort_months on sizes.cohort_number = cohort_months.month_number
    inner join months on sizes.cohort_number <= months.month_number
    left join retained
        on sizes.cohort_number = retained.cohort_number
        and months.month_number = retained.month_number
    left join buying
        on sizes.cohort_number = buying.cohort_number
        and months.month_number = buying.month_number
),

-- Who left is the cohort less who stayed, or one month less the next: exact counts would tell of one person.
shown as (
    select
        cohort_start,
        months_since,
        {{ rounded_count('customers_count') }} as customers_count,
        {%- for count in ['retained_count', 'buying_count'] %}
        case when customers_count >= {{ var('small_cell_minimum') }} then {{ rounded_count(count) }} end as {{ count }},
        {%- endfor %}
        customers_count < {{ var('small_cell_minimum') }}
        or retained_count between 1 and {{ var('small_cell_minimum') - 1 }}
        or buying_count between 1 and {{ var('small_cell_minimum') - 1 }} as is_suppressed
    from cells
)

select
    {{ period_label("'month'", 'cohort_start') }} as cohort,
    cohort_start,
    months_since,
    customers_count,
    retained_count,
    1.0 * retained_count / customers_count as retention_rate,
    {{ share_bound('retained_count', 'customers_count', -1) }} as retention_rate_low,
    {{ share_bound('retained_count', 'customers_count', 1) }} as retention_rate_high,
    buying_count,
    1.0 * buying_count / customers_count as buying_rate,
    is_suppressed
from shown
