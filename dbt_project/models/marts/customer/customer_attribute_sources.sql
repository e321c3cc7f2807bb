{%- set attributes = survivorship_attributes() -%}
with

chosen_values as (
    select * from {{ ref('int_customer_values_chosen') }}
),

crm_records as (
    select * from {{ ref('int_customer_versions_identified') }}
    where valid_to is null
),

attributes as (
    {%- for attribute in attributes %}
    {{ 'union all ' if not loop.first }}select '{{ attribute }}' as attribute
    {%- endfor %}
),

chosen_records as (
    select
        chosen_values.customer_id,
        attributes.attribute,
        case attributes.attribute
            {%- for attribute in attributes %}
            when '{{ attribute }}' then chosen_values.{{ attribute }}_record_key
            {%- endfor %}
        end as record_key,
        case attributes.attribute
            {%- for attribute in attributes %}
            when '{{ attribute }}' then chosen_values.{{ attribute }}_values_count
            {%- endfor %}
        end as values_count
    from chosen_values
    cross join attributes
),

single_records as (
    select
        crm_records.customer_id,
        crm_records.identity_record_key,
        crm_records.source_system,
        {%- for attribute, parts in attributes.items() %}
        {{ any_known(parts['columns'], 'crm_records') }} as knows_{{ attribute }},
        {%- endfor %}
        crm_records.valid_from
    from crm_records
    left join chosen_values on crm_records.customer_id = chosen_values.customer_id
    where chosen_values.customer_id is null
)

select
    chosen_records.customer_id,
    chosen_records.attribute,
    chosen_records.record_key,
    crm_records.source_system,
    crm_records.valid_from as valued_date,
    chosen_records.values_count
from chosen_records
inner join crm_records on chosen_records.record_key = crm_records.identity_record_key
union all
select
    single_records.customer_id,
    attributes.attribute,
    single_records.identity_record_key as record_key,
    single_records.source_system,
    single_records.valid_from as valued_date,
    1 as values_count
from single_records
cross join attributes
where
    case attributes.attribute
        {%- for attribute in attributes %}
        when '{{ attribute }}' then single_records.knows_{{ attribute }}
        {%- endfor %}
    end
