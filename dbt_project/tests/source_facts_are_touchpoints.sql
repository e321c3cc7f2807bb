{{ config(meta={'dagster': {'ref': {'name': 'touchpoints'}}}) }}
{#- Entities whose every record is exactly one contact, and how that contact is named; null is any name. -#}
{%- set facts = [
    ('stg_pos__orders', 'pos.orders', 'order_id', 'ordered', 'true'),
    ('stg_crm__cases', 'crm.cases', 'case_id', 'opened', 'true'),
    ('stg_survey__responses', 'survey.responses', 'response_id', none, "respondent_type <> 'employee'"),
    ('stg_survey__invitations', 'survey.invitations', 'invitation_id', none, 'true'),
    ('stg_social__posts', 'social.posts', 'post_id', none, 'true'),
    ('stg_digital__events', 'digital.events', 'event_id', none, 'true'),
    ('stg_crm__campaign_sends', 'crm.campaign_sends', 'send_id', 'sent', 'not is_control_group'),
    ('stg_crm__contracts', 'crm.contracts', 'contract_id', 'started', 'started_date is not null'),
    ('stg_crm__referrals', 'crm.referrals', 'referral_id', none, 'true'),
    ('stg_crm__research_notes', 'crm.research_notes', 'note_id', none, "participant_type <> 'employee'"),
] -%}
-- No record of the raw zone is lost or counted twice on the way.
{%- for model, entity, key, event, counted in facts %}
{{ 'union all' if not loop.first }}
select
    '{{ entity }}' as source_entity,
    facts.{{ key }} as source_record_key,
    count(touchpoints.touchpoint_id) as touchpoints_count
from {{ ref(model) }} as facts
left join {{ ref('touchpoints') }} as touchpoints
    on facts.{{ key }} = touchpoints.source_record_key
    and touchpoints.source_entity = '{{ entity }}'
    {%- if event %}
    and touchpoints.event_type = '{{ event }}'
    {%- endif %}
where {{ counted }}
group by facts.{{ key }}
having count(touchpoints.touchpoint_id) <> 1
{%- endfor %}
