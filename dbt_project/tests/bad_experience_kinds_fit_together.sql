{{ config(meta={'dagster': {'ref': {'name': 'bad_experience_kinds'}}}) }}
-- What must become bad within some days can: a case is no longer unresolved than these, and none is judged before its
-- day.
select kind
from {{ ref('bad_experience_kinds') }}
where within_days < 0 or (measure = 'days_unresolved' and within_days < bad_from)
