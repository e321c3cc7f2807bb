with

consents as (
    select * from {{ ref('stg_crm__consents') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

-- The latest decision counts; of two at the same moment the withdrawal does.
ranked as (
    select
        customer_records.customer_id,
        consents.purpose,
        consents.is_granted,
        row_number() over (
            partition by customer_records.customer_id, consents.purpose
            order by
                consents.decided_at desc,
                case when consents.is_granted then 1 else 0 end asc,
                consents.consent_id asc
        ) as decision_rank
    from consents
    inner join customer_records on consents.identity_record_key = customer_records.identity_record_key
)

select
    customer_id,
    max(case when purpose = 'marketing' and is_granted then 1 else 0 end) = 1 as has_marketing_consent,
    max(case when purpose = 'profiling' and is_granted then 1 else 0 end) = 1 as has_profiling_consent,
    max(case when purpose = 'research' and is_granted then 1 else 0 end) = 1 as has_research_consent,
    max(case when purpose = 'quotation' and is_granted then 1 else 0 end) = 1 as has_quotation_consent
from ranked
where decision_rank = 1
group by customer_id
