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
    having count(distinct known_from) > 1
),

changed_versions as (
    select versions.*
    from versions
    inner join changed_customers on versions.customer_id = changed_customers.customer_id
),

days as (
    select distinct
        customer_id,
        known_from as state_date
    from changed_versions
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
)

{{ surviving_values('ranked', 'best', ['customer_id', 'state_date']) }}
