with

touchpoints as (
    select * from {{ ref('touchpoints') }}
    where not is_mapped
),

counted as (
    select
        source_entity,
        event_type,
        channel,
        count(*) as events_count,
        count(distinct coalesce(nullif(customer_id, 'unknown'), visitor_key, touchpoint_id)) as people_count,
        min(occurred_date) as first_date,
        max(occurred_date) as last_date
    from touchpoints
    group by source_entity, event_type, channel
)

select
    source_entity,
    coalesce(event_type, 'unknown') as event_type,
    channel,
    case when people_count >= {{ var('small_cell_minimum') }} then events_count end as events_count,
    case when people_count >= {{ var('small_cell_minimum') }} then first_date end as first_date,
    case when people_count >= {{ var('small_cell_minimum') }} then last_date end as last_date,
    people_count < {{ var('small_cell_minimum') }} as is_suppressed
from counted
