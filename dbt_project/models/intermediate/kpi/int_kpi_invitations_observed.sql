with

invitations as (
    select * from {{ ref('stg_survey__invitations') }}
),

responses as (
    select distinct invitation_id
    from {{ ref('stg_survey__responses') }}
    where invitation_id is not null
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

select
    invitations.invitation_id as record_key,
    invitations.sent_date as observed_date,
    coalesce(customer_records.customer_id, invitations.invitation_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    invitations.channel,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case when responses.invitation_id is not null then 1 else 0 end as is_answered
from invitations
left join responses on invitations.invitation_id = responses.invitation_id
left join customer_records on invitations.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
