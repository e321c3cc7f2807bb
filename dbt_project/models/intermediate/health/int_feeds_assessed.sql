{#- How far a load may be from what is usual before it is remarked; see docs/data_health.md. -#}
{%- set comparable_loads = 4 -%}
{%- set long_span_days = 14 -%}
with

loads as (
    select * from {{ ref('stg_ingestion__loads') }}
    where state in ('staged', 'admitted', 'quarantined') and replays_load_id is null
),

problems as (
    select * from {{ ref('stg_ingestion__problems') }}
),

fetches as (
    select * from {{ ref('stg_ingestion__fetches') }}
),

bounds as (
    select {{ as_of_date() }} as as_of_date
),

feeds as (
    select
        source_system,
        label,
        entity
    from loads
    union
    select
        source_system,
        label,
        entity
    from problems
),

admitted as (
    select
        *,
        row_number() over (
            partition by source_system, label
            order by case when data_date is null then 1 else 0 end, data_date desc, load_sequence desc
        ) as newest_rank,
        {{ dbt.datediff('first_event_date', 'last_event_date', 'day') }} + 1 as span_days
    from loads
    where is_admitted
),

newest as (
    select * from admitted
    where newest_rank = 1
),

-- Shops sell less on Sundays: where there are enough loads of the same weekday, only these compare.
earlier as (
    select
        admitted.source_system,
        admitted.label,
        admitted.newest_rank,
        admitted.rows_read,
        admitted.first_event_date,
        admitted.span_days,
        mod(abs({{ dbt.datediff('admitted.data_date', 'newest.data_date', 'day') }}), 7) = 0 as is_same_weekday
    from admitted
    inner join newest
        on admitted.source_system = newest.source_system
        and admitted.label = newest.label
    where admitted.newest_rank > 1
),

usual as (
    select
        source_system,
        label,
        count(*) as loads_count,
        sum(case when is_same_weekday then 1 else 0 end) as same_weekday_count,
        median(rows_read) as rows_median,
        median(case when is_same_weekday then rows_read end) as same_weekday_median,
        median(span_days) as span_days,
        max(case when newest_rank = 2 then rows_read end) as previous_rows,
        max(case when newest_rank = 2 then first_event_date end) as previous_first_event_date,
        max(case when newest_rank = 2 then span_days end) as previous_span_days
    from earlier
    group by source_system, label
),

quarantined as (
    select
        loads.source_system,
        loads.label,
        count(*) as quarantined_loads_count,
        max(case when loads.load_sequence > coalesce(newest.load_sequence, 0) then 1 else 0 end) as is_newer
    from loads
    left join newest
        on loads.source_system = newest.source_system
        and loads.label = newest.label
    where loads.state = 'quarantined'
    group by loads.source_system, loads.label
),

unreadable as (
    select
        source_system,
        label,
        count(*) as unreadable_extracts_count
    from problems
    group by source_system, label
),

-- A database or an API that had nothing new was there all the same, and changes have no usual number.
newest_told as (
    select
        newest.*,
        fetches.label is not null as is_fetched,
        case
            when fetches.fetched_date > newest.data_date and fetches.fetched_date < bounds.as_of_date
                then fetches.fetched_date
            when fetches.fetched_date > newest.data_date and newest.data_date < bounds.as_of_date
                then bounds.as_of_date
            else newest.data_date
        end as newest_date
    from newest
    cross join bounds
    left join fetches on newest.source_system = fetches.source_system and newest.label = fetches.label
),

joined as (
    select
        feeds.source_system,
        feeds.label,
        feeds.entity,
        newest.load_id is not null as is_delivered,
        newest.newest_date,
        newest.rows_read,
        newest.rows_rejected,
        newest.expected_every_days,
        {{ dbt.datediff('newest.newest_date', 'bounds.as_of_date', 'day') }} as days_behind,
        coalesce(quarantined.quarantined_loads_count, 0) as quarantined_loads_count,
        coalesce(unreadable.unreadable_extracts_count, 0) as unreadable_extracts_count,
        coalesce(quarantined.is_newer, 0) = 1 or unreadable.label is not null as is_stale,
        case
            when newest.is_fetched then null
            -- A period that is still filling up, such as the current month, has not got its rows yet.
            when
                usual.span_days >= {{ long_span_days }}
                and newest.span_days < 0.8 * usual.span_days
                and newest.last_event_date >= bounds.as_of_date
                then null
            when usual.same_weekday_count >= {{ comparable_loads }} then usual.same_weekday_median
            when usual.loads_count >= {{ comparable_loads }} then usual.rows_median
            -- An extract that begins in the first half of the one before is a full one: it needs no history.
            when
                2 * {{ dbt.datediff('usual.previous_first_event_date', 'newest.first_event_date', 'day') }}
                <= usual.previous_span_days
                then usual.previous_rows
        end as usual_rows
    from feeds
    cross join bounds
    left join newest_told as newest on feeds.source_system = newest.source_system and feeds.label = newest.label
    left join usual on feeds.source_system = usual.source_system and feeds.label = usual.label
    left join quarantined on feeds.source_system = quarantined.source_system and feeds.label = quarantined.label
    left join unreadable on feeds.source_system = unreadable.source_system and feeds.label = unreadable.label
)

select
    source_system,
    label,
    entity,
    is_delivered,
    newest_date,
    days_behind,
    days_behind / expected_every_days as periods_behind,
    expected_every_days,
    quarantined_loads_count,
    unreadable_extracts_count,
    is_stale,
    rows_read,
    rows_rejected,
    1.0 * rows_rejected / nullif(rows_read, 0) as rejected_share,
    usual_rows,
    -- Beyond three standard deviations of a count, so that three receipts instead of six are no news.
    case
        when abs(rows_read - usual_rows) > 3 * sqrt(usual_rows) then rows_read / nullif(usual_rows, 0)
    end as rows_ratio
from joined
