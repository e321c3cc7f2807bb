{{ config(meta={'dagster': {'ref': {'name': 'int_survivorship_resolved'}}}) }}
-- The seed names attributes of the golden record, each source once and each attribute with one rule.
with

survivorship as (
    select * from {{ ref('survivorship') }}
)

select
    attribute,
    source_system,
    'an attribute that is not known, or a source named twice' as problem
from survivorship
group by attribute, source_system
having
    count(*) > 1
    or attribute not in ('{{ survivorship_attributes() | join("', '") }}')
union all
select
    attribute,
    cast(null as string) as source_system,
    'several rules, or a priority beyond 1 to 9998' as problem
from survivorship
group by attribute
having count(distinct rule) > 1 or min(priority) < 1 or max(priority) > 9998
