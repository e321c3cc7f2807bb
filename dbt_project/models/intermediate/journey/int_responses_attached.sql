{%- set ordered = touchpoint_id('pos.orders', "'ordered'", 'responses.order_id') -%}
{%- set delivered = touchpoint_id('pos.orders', "'delivered'", 'responses.order_id') -%}
{%- set opened = touchpoint_id('crm.cases', "'opened'", 'responses.case_id') -%}
{%- set resolved = touchpoint_id('crm.cases', "'resolved'", 'responses.case_id') -%}
with

responses as (
    select * from {{ ref('int_survey_responses_identified') }}
    where respondent_type <> 'employee'
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

touchpoints as (
    select * from {{ ref('int_touchpoints_mapped') }}
    where not is_listening
),

touchpoint_types as (
    select distinct
        touchpoint_type,
        stage
    from {{ ref('touchpoint_map') }}
),

meanings as (
    select
        survey_touchpoint,
        touchpoint_type
    from {{ ref('survey_touchpoints') }}
    union
    select
        touchpoint_type as survey_touchpoint,
        touchpoint_type
    from touchpoint_types
    union
    select
        stage as survey_touchpoint,
        touchpoint_type
    from touchpoint_types
),

-- About an order: its delivery, else the purchase. About a case: its resolution, else the first contact.
with_subject as (
    select
        responses.*,
        case
            when orders.order_id is not null and (
                orders.delivered_at is not null
                or (orders.status = 'delivered' and orders.promised_at is not null)
            ) then 'delivery'
            when orders.order_id is not null then 'purchase'
            when cases.case_id is not null then 'service'
        end as subject_stage,
        case
            when orders.order_id is not null and (
                orders.delivered_at is not null
                or (orders.status = 'delivered' and orders.promised_at is not null)
            ) then {{ delivered }}
            when orders.order_id is not null then {{ ordered }}
            when cases.resolved_at is not null and not cases.is_abandoned then {{ resolved }}
            when cases.case_id is not null then {{ opened }}
        end as subject_touchpoint_id,
        case
            when orders.order_id is not null then 'survey_about_order'
            when cases.case_id is not null then 'survey_about_case'
        end as subject_source
    from responses
    left join orders on responses.order_id = orders.order_id
    left join cases on responses.case_id = cases.case_id
),

named as (
    select
        with_subject.response_id,
        with_subject.responded_at,
        with_subject.touchpoint,
        same_customer.identity_record_key
    from with_subject
    inner join customer_records on with_subject.identity_record_key = customer_records.identity_record_key
    inner join customer_records as same_customer on customer_records.customer_id = same_customer.customer_id
    where with_subject.subject_touchpoint_id is null and with_subject.touchpoint is not null
),

named_contacts as (
    select
        named.response_id,
        touchpoints.touchpoint_id,
        touchpoints.stage,
        row_number() over (
            partition by named.response_id order by touchpoints.occurred_at desc, touchpoints.touchpoint_id asc
        ) as recency
    from named
    inner join meanings on named.touchpoint = meanings.survey_touchpoint
    inner join touchpoints
        on named.identity_record_key = touchpoints.identity_record_key
        and meanings.touchpoint_type = touchpoints.touchpoint_type
        and touchpoints.occurred_at <= named.responded_at
        and touchpoints.occurred_at >= {{ dbt.dateadd('day', -var('answer_window_days'), 'named.responded_at') }}
)

-- What is about nothing known keeps its score where it was given.
select
    with_subject.response_id,
    coalesce(
        with_subject.subject_touchpoint_id,
        named_contacts.touchpoint_id,
        {{ touchpoint_id('survey.responses', "'responded'", 'with_subject.response_id') }}
    ) as touchpoint_id,
    coalesce(with_subject.subject_stage, named_contacts.stage) as about_stage,
    coalesce(
        with_subject.subject_source,
        case when named_contacts.touchpoint_id is not null then 'survey_about_touchpoint' end,
        'survey_unattached'
    ) as score_source
from with_subject
left join named_contacts
    on with_subject.response_id = named_contacts.response_id
    and named_contacts.recency = 1
