with

customers as (
    select * from {{ ref('customers') }}
),

preferences as (
    select * from {{ ref('int_contact_preferences_derived') }}
),

permissions as (
    select * from {{ ref('int_contact_permissions_resolved') }}
),

channels as (
    select * from {{ ref('channels') }}
),

complaining as (
    select * from {{ ref('int_customers_complaining') }}
),

ranked_categories as (
    select
        order_lines.customer_id,
        products.category,
        count(*) as lines_count,
        sum(count(*)) over (partition by order_lines.customer_id) as all_lines_count,
        row_number() over (
            partition by order_lines.customer_id
            order by count(*) desc, max(order_lines.booked_date) desc, products.category asc
        ) as category_rank
    from {{ ref('order_lines') }} as order_lines
    inner join {{ ref('products') }} as products on order_lines.product_id = products.product_id
    where not order_lines.is_cancelled and not order_lines.is_return and products.category is not null
    group by order_lines.customer_id, products.category
),

categories as (
    select * from ranked_categories
    where category_rank = 1
),

ranked_channels as (
    select
        permissions.customer_id,
        permissions.channel,
        row_number() over (
            partition by permissions.customer_id
            order by
                case when permissions.channel = preferences.preferred_channel then 0 else 1 end,
                permissions.sort_order
        ) as channel_rank
    from permissions
    left join preferences on permissions.customer_id = preferences.customer_id
    where permissions.is_permitted
),

permitted as (
    select * from ranked_channels
    where channel_rank = 1
),

judged as (
    select
        customers.customer_id,
        case
            when complaining.customer_id is not null then 'open_complaint'
            when customers.latest_nps_class is not null then customers.latest_nps_class
            when customers.feedback_count >= {{ var('contact_evidence_minimum') }} and customers.mean_polarity < 0
                then 'negative_texts'
            when customers.feedback_count >= {{ var('contact_evidence_minimum') }} and customers.mean_polarity > 0
                then 'positive_texts'
        end as tone_reason,
        customers.feedback_count
    from customers
    left join complaining on customers.customer_id = complaining.customer_id
)

select
    customers.customer_id,

    customers.language,
    permitted.channel as best_permitted_channel,
    preferences.preferred_channel,
    channels.name_en as preferred_channel_name_en,
    channels.name_de as preferred_channel_name_de,
    cast(coalesce(preferences.channel_uses_count, 0) as bigint) as channel_uses_count,
    cast(coalesce(preferences.channels_observed_count, 0) as bigint) as channels_observed_count,
    cast(preferences.preferred_weekday as integer) as preferred_weekday,
    cast(coalesce(preferences.weekday_uses_count, 0) as bigint) as weekday_uses_count,
    preferences.preferred_day_part,
    cast(coalesce(preferences.day_part_uses_count, 0) as bigint) as day_part_uses_count,
    cast(coalesce(preferences.times_observed_count, 0) as bigint) as times_observed_count,

    case
        when categories.lines_count >= {{ var('contact_evidence_minimum') }} then categories.category
    end as preferred_category,
    cast(coalesce(categories.lines_count, 0) as bigint) as category_lines_count,
    cast(coalesce(categories.all_lines_count, 0) as bigint) as lines_count,

    case
        when judged.tone_reason in ('open_complaint', 'detractor', 'negative_texts') then 'apologetic'
        when judged.tone_reason in ('promoter', 'positive_texts') then 'appreciative'
        else 'factual'
    end as preferred_tone,
    judged.tone_reason,
    cast(judged.feedback_count as bigint) as feedback_count
from customers
inner join judged on customers.customer_id = judged.customer_id
left join preferences on customers.customer_id = preferences.customer_id
left join channels on preferences.preferred_channel = channels.channel
left join permitted on customers.customer_id = permitted.customer_id
left join categories on customers.customer_id = categories.customer_id
