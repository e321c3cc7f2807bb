with

loads as (
    select
        *,
        cast(nullif(replace(replace(expected_every, 'd', ''), 'h', ''), '') as double) as expected_number
    from {{ source('raw', 'load_manifest') }}
)

select
    load_id,
    source_system,
    label,
    entity,
    replace(entity, '.', '_') as entity_table,
    file,
    state,
    state = 'admitted' as is_admitted,
    reason,
    load_sequence,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_repeated,
    coalesce(rows_repaired, 0) as rows_repaired,
    nullif(replays_load_id, '') as replays_load_id,
    extracted_on as extracted_date,
    {{ to_company_date('first_event_at') }} as first_event_date,
    {{ to_company_date('last_event_at') }} as last_event_date,
    coalesce(extracted_on, {{ to_company_date('last_event_at') }}) as data_date,
    expected_number / case when expected_every like '%h' then 24 else 1 end as expected_every_days
from loads
