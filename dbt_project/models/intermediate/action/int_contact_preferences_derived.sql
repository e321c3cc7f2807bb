{%- set enough = var('contact_evidence_minimum') -%}
{#- 1900-01-01 was a Monday. -#}
{%- set weekday -%}
mod({{ dbt.datediff(beginning_of_history(), 'habits.occurred_date', 'day') }}, 7) + 1
{%- endset -%}
with

channels as (
    select channel from {{ ref('contact_channels') }}
    where channel <> '*'
),

habits as (
    select
        habits.customer_id,
        habits.channel,
        habits.occurred_date,
        channels.channel is not null as is_contact_channel,
        {{ weekday }} as weekday,
        case
            when habits.occurred_hour < 6 then 'night'
            when habits.occurred_hour < 12 then 'morning'
            when habits.occurred_hour < 18 then 'afternoon'
            else 'evening'
        end as day_part
    from {{ ref('int_contact_habits_unioned') }} as habits
    left join channels on habits.channel = channels.channel
),

of_channels as (
    select
        customer_id,
        channel as preferred_channel,
        count(*) as channel_uses_count,
        sum(count(*)) over (partition by customer_id) as channels_observed_count,
        row_number() over (
            partition by customer_id order by count(*) desc, max(occurred_date) desc, channel asc
        ) as channel_rank
    from habits
    where is_contact_channel
    group by customer_id, channel
),

of_weekdays as (
    select
        customer_id,
        weekday as preferred_weekday,
        count(*) as weekday_uses_count,
        row_number() over (
            partition by customer_id order by count(*) desc, max(occurred_date) desc, weekday asc
        ) as weekday_rank
    from habits
    group by customer_id, weekday
),

of_day_parts as (
    select
        customer_id,
        day_part as preferred_day_part,
        count(*) as day_part_uses_count,
        sum(count(*)) over (partition by customer_id) as times_observed_count,
        row_number() over (
            partition by customer_id order by count(*) desc, max(occurred_date) desc, day_part asc
        ) as day_part_rank
    from habits
    group by customer_id, day_part
)

select
    of_day_parts.customer_id,
    case
        when of_channels.channel_uses_count >= {{ enough }} then of_channels.preferred_channel
    end as preferred_channel,
    coalesce(of_channels.channel_uses_count, 0) as channel_uses_count,
    coalesce(of_channels.channels_observed_count, 0) as channels_observed_count,
    case
        when of_weekdays.weekday_uses_count >= {{ enough }} then of_weekdays.preferred_weekday
    end as preferred_weekday,
    of_weekdays.weekday_uses_count,
    case
        when of_day_parts.day_part_uses_count >= {{ enough }} then of_day_parts.preferred_day_part
    end as preferred_day_part,
    of_day_parts.day_part_uses_count,
    of_day_parts.times_observed_count
from of_day_parts
inner join of_weekdays
    on of_day_parts.customer_id = of_weekdays.customer_id
    and of_weekdays.weekday_rank = 1
left join of_channels
    on of_day_parts.customer_id = of_channels.customer_id
    and of_channels.channel_rank = 1
where of_day_parts.day_part_rank = 1
