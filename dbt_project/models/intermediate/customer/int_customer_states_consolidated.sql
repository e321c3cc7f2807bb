with

versions as (
    select
        *,
        coalesce(valid_from, {{ beginning_of_history() }}) as known_from
    from {{ ref('int_customer_versions_identified') }}
),

changed_customers as (
    select customer_id
    from versions
    group by customer_id
    having count(distinct known_from) > 1 or count(valid_to) > 0
),

changed_versions as (
    select versions.*
    from versions
    inner join changed_customers on versions.customer_id = changed_customers.customer_id
),

-- A version ends with the next one, or with the deletion of the record.
days as (
    select
        customer_id,
        known_from as state_date
    from changed_versions
    union
    select
        customer_id,
        valid_to as state_date
    from changed_versions
    where valid_to is not null
),

-- What every record of the customer said on that day.
members as (
    select
        days.state_date,
        versions.*
    from days
    inner join changed_versions as versions
        on days.customer_id = versions.customer_id
        and days.state_date >= versions.known_from
        and (versions.valid_to is null or days.state_date < versions.valid_to)
),

ranked as (
    {{ ranked_members('members', ['customer_id', 'state_date']) }}
),

best as (
    {{ best_ranks('ranked', ['customer_id', 'state_date']) }}
),

survivors as (
    {{ surviving_values('ranked', 'best', ['customer_id', 'state_date']) }}
)

-- On a day with no record left, the CRM says nothing any more.
select
    days.customer_id,
    days.state_date,
    {%- for column in survivorship_columns() %}
    survivors.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from days
left join survivors on days.customer_id = survivors.customer_id and days.state_date = survivors.state_date
