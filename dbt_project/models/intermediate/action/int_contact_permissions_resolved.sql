{#- Whatever is not known to be allowed is forbidden. -#}
with

bounds as (
    select {{ as_of_date() }} as as_of_date
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customers_consolidated') }}
),

consents as (
    select * from {{ ref('int_customer_consents_resolved') }}
),

limits as (
    select * from {{ ref('contact_channels') }}
),

channels as (
    select * from limits
    where channel <> '*'
),

channel_consents as (
    select * from {{ ref('int_channel_consents_resolved') }}
),

suppressed_customers as (
    select
        customer_records.customer_id,
        suppressions.channel,
        suppressions.suppressed_until
    from {{ ref('stg_ml__contact_suppressions') }} as suppressions
    inner join customer_records on suppressions.record_key = customer_records.identity_record_key
    union all
    select
        aliases.customer_id,
        suppressions.channel,
        suppressions.suppressed_until
    from {{ ref('stg_ml__contact_suppressions') }} as suppressions
    inner join {{ ref('stg_ml__customer_aliases') }} as aliases
        on suppressions.record_key = aliases.alias_customer_id
    union all
    select
        suppressions.record_key as customer_id,
        suppressions.channel,
        suppressions.suppressed_until
    from {{ ref('stg_ml__contact_suppressions') }} as suppressions
),

suppressions as (
    select distinct
        suppressed_customers.customer_id,
        channels.channel
    from suppressed_customers
    inner join channels on suppressed_customers.channel in (channels.channel, '*')
    cross join bounds
    where
        suppressed_customers.suppressed_until is null
        or suppressed_customers.suppressed_until >= bounds.as_of_date
),

contacts as (
    select
        customer_id,
        channel,
        contacted_date
    from {{ ref('int_contacts_unioned') }}
),

counted as (
    select
        contacts.customer_id,
        limits.channel,
        count(*) as contacts_count
    from contacts
    inner join limits on limits.channel in (contacts.channel, '*')
    cross join bounds
    where
        contacts.contacted_date <= bounds.as_of_date
        and {{ dbt.datediff('contacts.contacted_date', 'bounds.as_of_date', 'day') }} < limits.window_days
    group by contacts.customer_id, limits.channel
),

overall_limits as (
    select * from limits
    where channel = '*'
),

joined as (
    select
        customers.customer_id,
        channels.channel,
        channels.sort_order,
        channels.cost_amount,
        marketing.decided_at as consent_decided_at,
        coalesce(marketing.is_granted and consents.has_marketing_consent, false) as has_channel_consent,
        coalesce(profiling.is_granted and consents.has_profiling_consent, false) as has_profiling_consent,
        suppressions.customer_id is not null as is_suppressed,
        case channels.reached_by
            when 'email' then customers.email is not null
            when 'phone' then customers.phone is not null
            when 'address'
                then customers.street is not null and customers.postal_code is not null and customers.city is not null
            else false
        end as is_reachable,
        coalesce(of_channel.contacts_count, 0) as contacts_count,
        coalesce(of_all.contacts_count, 0) as all_contacts_count,
        coalesce(of_channel.contacts_count, 0) >= channels.maximum_contacts
        or coalesce(of_all.contacts_count >= overall_limits.maximum_contacts, false) as is_limit_reached
    from customers
    cross join channels
    left join overall_limits on true
    left join consents on customers.customer_id = consents.customer_id
    left join channel_consents as marketing
        on customers.customer_id = marketing.customer_id
        and channels.channel = marketing.channel
        and marketing.purpose = 'marketing'
    left join channel_consents as profiling
        on customers.customer_id = profiling.customer_id
        and channels.channel = profiling.channel
        and profiling.purpose = 'profiling'
    left join suppressions
        on customers.customer_id = suppressions.customer_id
        and channels.channel = suppressions.channel
    left join counted as of_channel
        on customers.customer_id = of_channel.customer_id
        and channels.channel = of_channel.channel
    left join counted as of_all
        on customers.customer_id = of_all.customer_id
        and of_all.channel = '*'
)

select
    *,
    has_channel_consent and is_reachable and not is_suppressed and not is_limit_reached as is_permitted
from joined
