with

facts as (
    select * from {{ ref('int_identity_facts_unioned') }}
)

{%- for identifier in ['customer_number', 'loyalty_id', 'email', 'phone'] %}
{{ 'union all' if not loop.first }}
select distinct
    record_key,
    '{{ identifier }}' as identifier_type,
    {{ identifier }} as identifier_value,
    source_system
from facts
where {{ identifier }} is not null
{%- endfor %}
