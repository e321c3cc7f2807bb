with

cases as (
    select * from {{ ref('int_cases_identified') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

case_reasons as (
    select * from {{ ref('case_reasons') }}
),

links as (
    select * from {{ ref('int_case_links_propagated') }}
),

described as (
    select
        cases.case_id,
        cases.source_system,
        cases.opened_at,
        links.case_id is not null as is_linked,
        coalesce(customer_records.customer_id, 'unknown') as customer_id,
        coalesce(case_reasons.topic, cases.reason) as topic,
        coalesce(links.link_group_id, cases.case_id) as link_group_id
    from cases
    left join customer_records on cases.identity_record_key = customer_records.identity_record_key
    left join case_reasons on cases.reason = case_reasons.reason
    left join links on cases.case_id = links.case_id
),

ranked as (
    select
        *,
        row_number() over (partition by link_group_id order by opened_at, case_id) as rank_in_group,
        min(source_system) over (partition by link_group_id) as first_system,
        max(source_system) over (partition by link_group_id) as last_system
    from described
),

-- What an explicit link already ties to another system needs no guess.
candidates as (
    select
        *,
        lag(source_system) over (partition by customer_id, topic order by opened_at, case_id) as previous_system,
        lag(opened_at) over (partition by customer_id, topic order by opened_at, case_id) as previous_opened_at
    from ranked
    where
        rank_in_group = 1
        and first_system = last_system
        and customer_id <> 'unknown'
        and topic <> 'unknown'
),

chained as (
    select
        *,
        sum(
            case
                when
                    previous_system <> source_system
                    and {{ dbt.datediff('previous_opened_at', 'opened_at', 'second') }}
                    <= 86400 * {{ var('same_problem_days') }}
                    then 0
                else 1
            end
        ) over (
            partition by customer_id, topic order by opened_at, case_id
            rows between unbounded preceding and current row
        ) as chain_number
    from candidates
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
        first_value(link_group_id) over (
            partition by customer_id, topic, chain_number, turn order by opened_at, case_id
        ) as anchor_group_id,
        first_value(opened_at) over (
            partition by customer_id, topic, chain_number, turn order by opened_at, case_id
        ) as anchor_opened_at
    from turned
),

inferred as (
    select
        link_group_id,
        anchor_group_id
    from anchored
    where
        link_group_id <> anchor_group_id
        and {{ dbt.datediff('anchor_opened_at', 'opened_at', 'second') }} <= 86400 * {{ var('same_problem_days') }}
),

grouped as (
    select
        described.*,
        coalesce(inferred.anchor_group_id, described.link_group_id) as problem_group_id
    from described
    left join inferred on described.link_group_id = inferred.link_group_id
)

select
    case_id,
    customer_id,
    topic,
    first_value(case_id) over (partition by problem_group_id order by opened_at, case_id) as problem_id,
    case
        when is_linked then 'explicit'
        when count(*) over (partition by problem_group_id) > 1 then 'inferred'
        else 'single'
    end as link_rule
from grouped
