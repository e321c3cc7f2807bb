with

responses as (
    select * from {{ ref('stg_survey__responses') }}
),

invitations as (
    select * from {{ ref('stg_survey__invitations') }}
),

orders as (
    select * from {{ ref('stg_pos__orders') }}
),

cases as (
    select * from {{ ref('stg_crm__cases') }}
),

with_context as (
    select
        responses.*,
        invitations.channel as invitation_channel,
        coalesce(responses.order_id, invitations.order_id) as subject_order_id,
        coalesce(responses.case_id, invitations.case_id) as subject_case_id,
        invitations.identity_record_key as invited_identity_record_key
    from responses
    left join invitations on responses.invitation_id = invitations.invitation_id
)

-- Who answered: what the response says itself, else who was invited, else whose order or case it is.
-- Employees are never tied to a customer.
select
    with_context.response_id,
    with_context.invitation_id,
    case
        when with_context.respondent_type <> 'employee'
            then coalesce(
                with_context.identity_record_key,
                with_context.invited_identity_record_key,
                orders.identity_record_key,
                cases.identity_record_key
            )
    end as identity_record_key,
    with_context.subject_order_id as order_id,
    with_context.subject_case_id as case_id,
    coalesce(with_context.store_id, orders.store_id, cases.store_id) as store_id,
    with_context.survey,
    with_context.respondent_type,
    coalesce(with_context.channel, with_context.invitation_channel, 'unknown') as channel,
    with_context.touchpoint,
    with_context.department,
    with_context.weight,
    with_context.language,
    with_context.age_group,
    with_context.gender,
    with_context.responded_at,
    with_context.responded_date,
    with_context.source_system
from with_context
left join orders on with_context.subject_order_id = orders.order_id
left join cases on with_context.subject_case_id = cases.case_id
