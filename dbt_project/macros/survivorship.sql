{#-
    Which value of a customer's records survives; the seed `survivorship` declares it, docs/customer_360.md
    tells it. The rule stands here once, for the golden record of today and for that of any past day.
-#}

{#- Attributes as the seed names them. The columns of an attribute survive together, from one record.
    `core`: a record without any of these has only a fragment of the attribute. -#}
{% macro survivorship_attributes() -%}
    {{ return({
        'customer_type': {'columns': ['customer_type']},
        'name': {'columns': ['title', 'first_name', 'last_name'], 'core': ['last_name']},
        'company_name': {'columns': ['company_name']},
        'email': {'columns': ['email']},
        'phone': {'columns': ['phone']},
        'birth_date': {'columns': ['birth_date']},
        'gender': {'columns': ['gender']},
        'address': {
            'columns': ['street', 'postal_code', 'city', 'region', 'country'],
            'core': ['street', 'postal_code', 'city'],
        },
        'language': {'columns': ['language']},
        'account': {'columns': ['account_id']},
        'acquisition': {
            'columns': ['acquisition_channel', 'acquisition_campaign_id', 'acquisition_cost'],
            'core': ['acquisition_channel', 'acquisition_campaign_id'],
        },
        'loyalty': {'columns': ['loyalty_tier', 'loyalty_joined_at'], 'core': ['loyalty_tier']},
    }) }}
{%- endmacro %}

{#- All columns of the golden record. -#}
{% macro survivorship_columns() -%}
    {{ return(cx360.survivorship_attributes().values() | map(attribute='columns') | sum(start=[])) }}
{%- endmacro %}

{#- Whether any of some columns has a value. -#}
{% macro any_known(columns, relation=none) -%}
    ({% for column in columns %}{{ ' or ' if not loop.first }}{{ relation ~ '.' if relation }}{{ column }} is not null
    {%- endfor %})
{%- endmacro %}

{#-
    Members with one rank per attribute, null where the member does not know it; the lowest survives.
    What is more than a fragment comes first, then the priority of the source, then the rule: the most
    recent version, the most complete value, or the oldest record; ties fall to the newest version and
    at last to the record key. A rank is one number with a range of digits for each of them, because
    comparing numbers is a hash aggregate and needs no sort per attribute.
-#}
{% macro ranked_members(members, keys) -%}
    {%- set missing_part = 'cast(1000000000 as bigint)' -%}
    {%- set priority_step = 'cast(10000000000 as bigint)' -%}
    {%- set fragment = 'cast(1000000000000000 as bigint)' -%}
    select
        numbered.*,
        {%- for attribute, parts in cx360.survivorship_attributes().items() %}
        case when {{ cx360.any_known(parts['columns']) }} then
            case when {{ cx360.any_known(parts.get('core', parts['columns'])) }} then 0 else {{ fragment }} end
            + survivorship.{{ attribute }}_priority * {{ priority_step }}
            {%- if parts['columns'] | length > 1 %}
            + case when survivorship.{{ attribute }}_rule <> 'most_complete' then 0 else (
                {%- for column in parts['columns'] %}
                {{ '+ ' if not loop.first }}case when {{ column }} is null then 1 else 0 end
                {%- endfor %}
            ) * {{ missing_part }} end
            {%- endif %}
            + case when survivorship.{{ attribute }}_rule = 'oldest' then age_number else recency_number end
        end as {{ attribute }}_rank{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            row_number() over (
                partition by {{ keys | join(', ') }} order by version_at desc nulls last, identity_record_key asc
            ) as recency_number,
            row_number() over (
                partition by {{ keys | join(', ') }} order by created_at asc nulls last, identity_record_key asc
            ) as age_number
        from {{ members }}
    ) as numbered
    inner join {{ ref('int_survivorship_resolved') }} as survivorship
        on numbered.source_system = survivorship.source_system
{%- endmacro %}

{#- Per key the lowest rank of every attribute, and on request how many different values there were. -#}
{% macro best_ranks(ranked, keys, with_counts=false) -%}
    select
        {{ keys | join(', ') }},
        {%- for attribute, parts in cx360.survivorship_attributes().items() %}
        {%- if with_counts %}
        count(distinct case when {{ attribute }}_rank is not null
            then {{ dbt.concat(cx360.joined_columns(parts['columns'])) }}
        end) as {{ attribute }}_values_count,
        {%- endif %}
        min({{ attribute }}_rank) as {{ attribute }}_rank{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ranked }}
    group by {{ keys | join(', ') }}
{%- endmacro %}

{#- Per key the golden record: every column from the member that has the attribute's lowest rank. -#}
{% macro surviving_values(ranked, best, keys, with_sources=false) -%}
    {%- set columns = [] -%}
    {%- for key in keys -%}
        {%- do columns.append('best.' ~ key) -%}
    {%- endfor -%}
    {%- for attribute, parts in cx360.survivorship_attributes().items() -%}
        {%- set survives = 'ranked.' ~ attribute ~ '_rank = best.' ~ attribute ~ '_rank' -%}
        {%- for column in parts['columns'] -%}
            {%- do columns.append('max(case when ' ~ survives ~ ' then ranked.' ~ column ~ ' end) as ' ~ column) -%}
        {%- endfor -%}
        {%- if with_sources -%}
            {%- do columns.append(
                'max(case when ' ~ survives ~ ' then ranked.identity_record_key end) as ' ~ attribute ~ '_record_key'
            ) -%}
            {%- do columns.append(
                'max(best.' ~ attribute ~ '_values_count) as ' ~ attribute ~ '_values_count'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {{ columns | join(',\n        ') }}
    from {{ ranked }} as ranked
    inner join {{ best }} as best
        on {% for key in keys %}{{ ' and ' if not loop.first }}ranked.{{ key }} = best.{{ key }}{% endfor %}
    group by {% for key in keys %}{{ ', ' if not loop.first }}best.{{ key }}{% endfor %}
{%- endmacro %}
