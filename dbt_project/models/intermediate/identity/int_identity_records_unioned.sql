with

facts as (
    select * from {{ ref('int_identity_facts_unioned') }}
),

ranked_facts as (
    select
        record_key,
        entity,
        source_system,
        min(first_load_sequence) over (partition by record_key) as first_load_sequence,
        row_number() over (
            partition by record_key
            order by
                case when entity = 'crm.customers' then 0 else 1 end,
                first_load_sequence,
                entity,
                source_system
        ) as fact_rank
    from facts
)

select
    record_key,
    entity,
    source_system,
    first_load_sequence,
    entity = 'crm.customers' as is_known_to_crm
from ranked_facts
where fact_rank = 1
