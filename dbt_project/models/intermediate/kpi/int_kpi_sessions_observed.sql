with

sessions as (
    select * from {{ ref('int_sessions_derived') }}
    where channel is null or channel <> 'device'
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

-- What a device reports is no visit. A visitor of whom no customer is known counts as a person.
select
    sessions.session_id as record_key,
    sessions.started_date as observed_date,
    coalesce(customer_records.customer_id, sessions.visitor_key, sessions.session_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    sessions.channel,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case when sessions.has_purchase then 1 else 0 end as has_purchase,
    sessions.newsletter_signups_count
from sessions
left join customer_records on sessions.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
