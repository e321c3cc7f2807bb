{#-
    The current version of every record of a raw table: latest source timestamp, else the extract's
    date, else load sequence. Adds `first_load_sequence` (seniority) and `versions_count`.
    Ranks keys only and joins back: sorting whole rows costs half as much time again, and the memory.
-#}
{% macro latest_version(relation) -%}
    select
        versions.*,
        ranked_versions.first_load_sequence,
        ranked_versions.versions_count
    from {{ relation }} as versions
    inner join (
        select
            record_key,
            load_id,
            min(load_sequence) over (partition by record_key) as first_load_sequence,
            count(*) over (partition by record_key) as versions_count,
            row_number() over (
                partition by record_key
                order by
                    coalesce(updated_at, cast(extracted_on as timestamp)) desc nulls last,
                    load_sequence desc,
                    load_id desc
            ) as version_rank
        from {{ relation }}
    ) as ranked_versions
        on versions.record_key = ranked_versions.record_key
        and versions.load_id = ranked_versions.load_id
        and ranked_versions.version_rank = 1
{%- endmacro %}

{#- System columns that every staging model ends with. -#}
{% macro record_columns() -%}
    source_system,
        source_record_ref,
        load_id,
        updated_at,
        first_load_sequence,
        versions_count
{%- endmacro %}

{#- Text without surrounding blanks; empty becomes null. -#}
{% macro trimmed(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#- Value of an open list (status, channel, …): lower case, blanks as underscores. -#}
{% macro code(column) -%}
    nullif(replace(lower(trim({{ column }})), ' ', '_'), '')
{%- endmacro %}

{#- ISO code of a currency; an amount without one is in the reporting currency. -#}
{% macro currency_code(column='currency') -%}
    coalesce(nullif(upper(trim({{ column }})), ''), '{{ var("reporting_currency") }}')
{%- endmacro %}

{#-
    Identity record of a fact: the CRM record it names, else one guest record per set of
    identifiers, so that fifty guest orders with one e-mail address are one record. Null: nobody.
-#}
{% macro identity_record_key(customer_key='null', email='null', phone='null', loyalty_id='null') -%}
    coalesce(
            {{ customer_key }},
            case
                when coalesce({{ trimmed(email) }}, {{ trimmed(phone) }}, {{ trimmed(loyalty_id) }}) is not null
                    then {{ dbt.hash(
                        "'guest|' || coalesce(lower(" ~ trimmed(email) ~ "), '') || '|' || coalesce("
                        ~ trimmed(phone) ~ ", '') || '|' || coalesce(" ~ trimmed(loyalty_id) ~ ", '')"
                    ) }}
            end
        )
{%- endmacro %}
