with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

channels as (
    select channel from {{ ref('contact_channels') }}
    where channel <> '*'
),

decisions as (
    select
        customer_records.customer_id,
        consents.purpose,
        consents.channel,
        consents.is_granted,
        consents.decided_at
    from {{ ref('stg_crm__consents') }} as consents
    inner join customer_records on consents.identity_record_key = customer_records.identity_record_key
    union all
    -- Who unsubscribes from a message withdraws the consent to its channel, and to all where nobody knows to which.
    select
        customer_records.customer_id,
        'marketing' as purpose,
        coalesce(channels.channel, 'all') as channel,
        false as is_granted,
        sends.unsubscribed_at as decided_at
    from {{ ref('stg_crm__campaign_sends') }} as sends
    inner join customer_records on sends.identity_record_key = customer_records.identity_record_key
    left join channels on sends.channel = channels.channel
    where sends.unsubscribed_at is not null
),

-- The latest decision about the channel or all of them counts; of two at one moment the withdrawal does.
ranked as (
    select
        decisions.customer_id,
        decisions.purpose,
        channels.channel,
        decisions.is_granted,
        decisions.decided_at,
        row_number() over (
            partition by decisions.customer_id, decisions.purpose, channels.channel
            order by decisions.decided_at desc, case when decisions.is_granted then 1 else 0 end asc
        ) as decision_rank
    from decisions
    inner join channels on decisions.channel in (channels.channel, 'all')
)

select
    customer_id,
    purpose,
    channel,
    is_granted,
    decided_at
from ranked
where decision_rank = 1
