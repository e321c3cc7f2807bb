{#- A source that the seed does not name for an attribute comes after all that it names: 9999. -#}
with

sources as (
    select distinct source_system
    from {{ ref('stg_crm__customer_versions') }}
),

survivorship as (
    select * from {{ ref('survivorship') }}
),

declared as (
    select
        sources.source_system,
        survivorship.attribute,
        coalesce(
            min(case when survivorship.source_system = sources.source_system then survivorship.priority end),
            min(case when survivorship.source_system = '*' then survivorship.priority end)
        ) as priority,
        min(survivorship.rule) as rule
    from sources
    left join survivorship on survivorship.attribute is not null
    group by sources.source_system, survivorship.attribute
)

select
    {%- for attribute in survivorship_attributes() %}
    coalesce(min(case when attribute = '{{ attribute }}' then priority end), 9999) as {{ attribute }}_priority,
    coalesce(min(case when attribute = '{{ attribute }}' then rule end), 'most_recent') as {{ attribute }}_rule,
    {%- endfor %}
    source_system
from declared
group by source_system
