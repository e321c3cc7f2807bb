with

sends as (
    select * from {{ ref('stg_crm__campaign_sends') }}
    where not is_control_group
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
)

select
    sends.send_id as record_key,
    sends.sent_date as observed_date,
    coalesce(customer_records.customer_id, sends.send_id) as person_key,
    customer_records.customer_id is not null as is_known_customer,

    sends.channel,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account,

    case when sends.clicked_at is not null then 1 else 0 end as is_clicked
from sends
left join customer_records on sends.identity_record_key = customer_records.identity_record_key
left join customers on customer_records.customer_id = customers.customer_id
