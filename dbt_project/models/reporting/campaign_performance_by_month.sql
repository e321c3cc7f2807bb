{%- set smallest = var('small_cell_minimum') -%}
with

months as (
    select * from {{ ref('int_campaign_months_measured') }}
    where month_start is not null
),

campaigns as (
    select * from {{ ref('campaigns') }}
),

judged as (
    select
        *,
        recipients_count > 0 and recipients_count < {{ smallest }} as has_few_recipients,
        visitors_count > 0 and visitors_count < {{ smallest }} as has_few_visitors,
        {%- for measure, people in {
            'opens': 'openers', 'message_clicks': 'clickers', 'unsubscribes': 'leavers', 'newsletter_signups': 'subscribers',
        }.items() %}
        {{ people }}_count > 0 and {{ people }}_count < {{ smallest }} as has_few_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from months
)

select
    {{ period_label("'month'", 'judged.month_start') }} as period,
    judged.month_start as period_start,
    judged.campaign_id,
    campaigns.campaign_name,
    campaigns.channel,

    judged.impressions_count,
    judged.clicks_count,
    cast(judged.clicks_count as double) / nullif(judged.impressions_count, 0) as click_through_rate,
    judged.spend_amount,
    {%- for measure in ['recipients', 'sends'] %}
    case when not judged.has_few_recipients then judged.{{ measure }}_count end as {{ measure }}_count,
    {%- endfor %}
    {%- for measure in ['opens', 'message_clicks', 'unsubscribes'] %}
    case
        when not judged.has_few_recipients and not judged.has_few_{{ measure }} then judged.{{ measure }}_count
    end as {{ measure }}_count,
    {%- endfor %}
    case
        when not judged.has_few_recipients and not judged.has_few_opens
            then cast(judged.opens_count as double) / nullif(judged.sends_count, 0)
    end as open_rate,
    {%- for measure in ['visitors', 'visits'] %}
    case when not judged.has_few_visitors then judged.{{ measure }}_count end as {{ measure }}_count,
    {%- endfor %}
    case
        when not judged.has_few_visitors and not judged.has_few_newsletter_signups then judged.newsletter_signups_count
    end as newsletter_signups_count,
    '{{ var("reporting_currency") }}' as currency,
    judged.has_few_recipients or judged.has_few_visitors
    {%- for measure in ['opens', 'message_clicks', 'unsubscribes', 'newsletter_signups'] %}
    or judged.has_few_{{ measure }}
    {%- endfor %} as is_suppressed
from judged
inner join campaigns on judged.campaign_id = campaigns.campaign_id
