{#- Facts that name or identify somebody; a new one is one line. `columns` are the identifiers it carries. -#}
{%- set facts = [
    ('stg_crm__customers', 'crm.customers', 'identity_record_key', ['customer_number', 'loyalty_id', 'email', 'phone']),
    ('stg_crm__contracts', 'crm.contracts', 'identity_record_key', []),
    ('stg_crm__consents', 'crm.consents', 'identity_record_key', []),
    ('stg_crm__merges', 'crm.merges', 'surviving_customer_key', []),
    ('stg_crm__merges', 'crm.merges', 'merged_customer_key', []),
    ('stg_crm__referrals', 'crm.referrals', 'referrer_customer_key', []),
    ('stg_crm__referrals', 'crm.referrals', 'referred_customer_key', []),
    ('stg_crm__cases', 'crm.cases', 'identity_record_key', ['loyalty_id', 'email', 'phone']),
    ('stg_crm__campaign_sends', 'crm.campaign_sends', 'identity_record_key', ['email']),
    ('stg_crm__research_notes', 'crm.research_notes', 'identity_record_key', []),
    ('stg_pos__orders', 'pos.orders', 'identity_record_key', ['loyalty_id', 'email', 'phone']),
    ('stg_survey__invitations', 'survey.invitations', 'identity_record_key', ['email']),
    ('stg_survey__responses', 'survey.responses', 'identity_record_key', ['loyalty_id', 'email', 'phone']),
    ('stg_social__profile_links', 'social.profile_links', 'identity_record_key', ['email']),
    ('stg_digital__events', 'digital.events', 'identity_record_key', ['email']),
] -%}

{%- for model, entity, key, columns in facts %}
{{ 'union all' if not loop.first }}
select
    {{ key }} as record_key,
    '{{ entity }}' as entity,
    source_system,
    {%- for identifier in ['customer_number', 'loyalty_id', 'email', 'phone'] %}
    {{ identifier if identifier in columns else 'cast(null as string) as ' ~ identifier }},
    {%- endfor %}
    min(first_load_sequence) as first_load_sequence
from {{ ref(model) }}
where {{ key }} is not null
group by {{ (['source_system', key] + columns) | join(', ') }}
{%- endfor %}
