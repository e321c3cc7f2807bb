with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

costed as (
    select * from {{ ref('int_cases_costed') }}
),

links as (
    select * from {{ ref('int_case_links_propagated') }}
),

described as (
    select
        cases.case_id,
        cases.source_system,
        cases.opened_at,
        links.link_group_id,
        coalesce(customer_records.customer_id, 'unknown') as customer_id,
        costed.topic
    from cases
    inner join costed on cases.case_id = costed.case_id
    left join customer_records on cases.identity_record_key = customer_records.identity_record_key
    left join links on cases.case_id = links.case_id
),

-- A group of links within one system looks for its other system as one case, its first one; what a link already
-- ties to another system needs no guess.
link_groups as (
    select
        *,
        row_number() over (partition by link_group_id order by opened_at, case_id) as rank_in_group,
        min(source_system) over (partition by link_group_id) as first_system,
        max(source_system) over (partition by link_group_id) as last_system
    from described
    where link_group_id is not null
),

candidates as (
    select
        case_id,
        case_id as group_id,
        source_system,
        opened_at,
        customer_id,
        topic
    from described
    where link_group_id is null
    union all
    select
        case_id,
        link_group_id as group_id,
        source_system,
        opened_at,
        customer_id,
        topic
    from link_groups
    where rank_in_group = 1 and first_system = last_system
),

with_neighbours as (
    select
        *,
        lag(source_system) over (partition by customer_id, topic order by opened_at, case_id) as previous_system,
        lag(opened_at) over (partition by customer_id, topic order by opened_at, case_id) as previous_opened_at,
        lead(source_system) over (partition by customer_id, topic order by opened_at, case_id) as next_system,
        lead(opened_at) over (partition by customer_id, topic order by opened_at, case_id) as next_opened_at
    from candidates
    where customer_id <> 'unknown' and topic <> 'unknown'
),

marked as (
    select
        *,
        coalesce(
            previous_system <> source_system
            and {{ dbt.datediff('previous_opened_at', 'opened_at', 'second') }}
            <= 86400 * {{ var('same_problem_days') }},
            false
        ) as is_following,
        coalesce(
            next_system <> source_system
            and {{ dbt.datediff('opened_at', 'next_opened_at', 'second') }}
            <= 86400 * {{ var('same_problem_days') }},
            false
        ) as is_followed
    from with_neighbours
),

-- Most cases stand alone; only the few others are looked at further.
chained as (
    select
        *,
        sum(case when is_following then 0 else 1 end) over (
            partition by customer_id, topic order by opened_at, case_id
            rows between unbounded preceding and current row
        ) as chain_number
    from marked
    where is_following or is_followed
),

-- The second case of one system in a chain is a second problem: a problem has one case per system.
turned as (
    select
        *,
        row_number() over (
            partition by customer_id, topic, chain_number, source_system order by opened_at, case_id
        ) as turn
    from chained
),

anchored as (
    select
        *,
        first_value(group_id) over (
            partition by customer_id, topic, chain_number, turn order by opened_at, case_id
        ) as anchor_group_id,
        first_value(opened_at) over (
            partition by customer_id, topic, chain_number, turn order by opened_at, case_id
        ) as anchor_opened_at
    from turned
),

inferred as (
    select
        group_id,
        anchor_group_id
    from anchored
    where {{ dbt.datediff('anchor_opened_at', 'opened_at', 'second') }} <= 86400 * {{ var('same_problem_days') }}
),

grouped as (
    select
        described.case_id,
        described.opened_at,
        described.link_group_id,
        coalesce(inferred.anchor_group_id, described.link_group_id) as problem_group_id
    from described
    left join inferred on coalesce(described.link_group_id, described.case_id) = inferred.group_id
    where described.link_group_id is not null or inferred.anchor_group_id is not null
),

-- A link says that both systems recorded one contact; what is only inferred is the customer asking again.
shared as (
    select
        case_id,
        link_group_id is not null as is_linked,
        first_value(case_id) over (partition by problem_group_id order by opened_at, case_id) as problem_id,
        first_value(case_id) over (
            partition by coalesce(link_group_id, case_id) order by opened_at, case_id
        ) as contact_id,
        count(*) over (partition by problem_group_id) as problem_cases_count
    from grouped
)

select
    described.case_id,
    described.customer_id,
    described.topic,
    coalesce(shared.problem_id, described.case_id) as problem_id,
    coalesce(shared.contact_id, described.case_id) as contact_id,
    case
        when shared.is_linked then 'explicit'
        when shared.problem_cases_count > 1 then 'inferred'
        else 'single'
    end as link_rule
from described
left join shared on described.case_id = shared.case_id
