with

hearings as (
    select
        response_id as record_key,
        identity_record_key,
        channel,
        responded_date as observed_date
    from {{ ref('int_survey_responses_identified') }}
    union all
    select
        post_id as record_key,
        identity_record_key,
        'social' as channel,
        posted_date as observed_date
    from {{ ref('int_social_posts_identified') }}
    union all
    select
        case_id as record_key,
        identity_record_key,
        channel,
        opened_date as observed_date
    from {{ ref('int_cases_identified') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

customers as (
    select * from {{ ref('int_customer_dimensions') }}
),

active_customers as (
    select * from {{ ref('int_customer_periods_activated') }}
)

-- Who is not active in a period is not among those who could have been heard in it.
select
    hearings.record_key,
    active_customers.grain,
    hearings.observed_date,
    customer_records.customer_id as person_key,
    true as is_known_customer,

    hearings.channel,
    customers.segment,
    customers.region,
    customers.acquisition_channel,
    customers.account_id as account
from hearings
inner join customer_records on hearings.identity_record_key = customer_records.identity_record_key
inner join active_customers
    on customer_records.customer_id = active_customers.customer_id
    and coalesce(active_customers.period_start, {{ beginning_of_history() }})
    = coalesce({{ period_start('active_customers.grain', 'hearings.observed_date') }}, {{ beginning_of_history() }})
left join customers on customer_records.customer_id = customers.customer_id
