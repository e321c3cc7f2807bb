{#-
    When a version of a record was made: as the source says, else the extract. A deletion that was found
    missing from an extract is later than what the source changed on that day.
-#}
{% macro version_time() -%}
    coalesce(
        updated_at,
        case
            when is_deleted then {{ dbt.dateadd('second', 86399, 'cast(extracted_on as timestamp)') }}
            else cast(extracted_on as timestamp)
        end
    )
{%- endmacro %}

{#-
    The current version of every record of a raw table: latest source timestamp, else the extract's
    date, else load sequence. A record whose current version tells of its deletion is left out, until
    it is delivered again. Adds `first_load_sequence` (seniority) and `versions_count`.
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
                    {{ cx360.version_time() }} desc nulls last,
                    load_sequence desc,
                    load_id desc
            ) as version_rank
        from {{ relation }}
    ) as ranked_versions
        on versions.record_key = ranked_versions.record_key
        and versions.load_id = ranked_versions.load_id
        and ranked_versions.version_rank = 1
    where not coalesce(versions.is_deleted, false)
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

{#- What a CRM says of a customer, in the words of the warehouse; the same for every version of a record. -#}
{% macro customer_columns() -%}
    account_key as account_id,
        acquisition_campaign_key as acquisition_campaign_id,

        coalesce({{ cx360.code('customer_type') }}, 'person') as customer_type,
        {{ cx360.trimmed('title') }} as title,
        {{ cx360.trimmed('first_name') }} as first_name,
        {{ cx360.trimmed('last_name') }} as last_name,
        {{ cx360.trimmed('company_name') }} as company_name,
        lower({{ cx360.trimmed('email') }}) as email,
        {{ cx360.trimmed('phone') }} as phone,
        birth_date,
        {{ cx360.code('gender') }} as gender,
        {{ cx360.trimmed('street') }} as street,
        {{ cx360.trimmed('postal_code') }} as postal_code,
        {{ cx360.trimmed('city') }} as city,
        {{ cx360.trimmed('region') }} as region,
        upper({{ cx360.trimmed('country') }}) as country,
        lower({{ cx360.trimmed('language') }}) as language,
        {{ cx360.code('acquisition_channel') }} as acquisition_channel,
        acquisition_cost,
        {{ cx360.currency_code() }} as currency,
        {{ cx360.trimmed('loyalty_tier') }} as loyalty_tier,

        loyalty_joined_at,
        created_at,
        {{ cx360.to_company_date('created_at') }} as created_date,
        coalesce(updated_at, cast(extracted_on as timestamp)) as version_at
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

{#- Parts of a text that differs where any of the columns does; to be given to dbt.concat. -#}
{% macro joined_columns(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(" ~ column ~ " as string), '')") -%}
        {%- do parts.append("'|'") -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}
