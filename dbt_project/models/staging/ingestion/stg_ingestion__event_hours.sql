{#- Entities whose events carry a time of day; a test holds this list against the contract. -#}
{%- set event_times = {
    'pos_orders': 'ordered_at', 'pos_order_lines': 'booked_at', 'crm_cases': 'opened_at',
    'crm_case_messages': 'sent_at', 'crm_campaign_sends': 'sent_at', 'survey_invitations': 'sent_at',
    'survey_responses': 'responded_at', 'social_posts': 'posted_at', 'digital_events': 'occurred_at',
} -%}
with

-- Counted by hour first: the time zone is then worked out for distinct hours, not for every event.
hours as (
    {%- for table, column in event_times.items() %}
    {{ 'union all' if not loop.first }}
    select
        load_id,
        {{ dbt.date_trunc('hour', column) }} as event_hour,
        count(*) as events_count
    from {{ source('raw', table) }}
    where {{ column }} is not null
    group by 1, 2
    {%- endfor %}
)

select
    load_id,
    {{ to_company_hour('event_hour') }} as hour_of_day,
    sum(events_count) as events_count
from hours
group by 1, 2
