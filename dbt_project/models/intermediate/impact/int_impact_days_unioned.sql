{{ config(materialized='view') }}
{#- Read once, by the impact step: not worth a copy of every purchase. -#}
with

purchase_days as (
    select * from {{ ref('int_purchase_days_summed') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

referrals as (
    select * from {{ ref('stg_crm__referrals') }}
),

scores as (
    select * from {{ ref('int_scores_measured') }}
    where measure = 'any'
),

single_facts as (
    select
        identity_record_key,
        opened_date as fact_date,
        'case' as fact_type,
        cast(null as double) as score
    from cases
    union all
    select
        referrer_customer_key as identity_record_key,
        referred_date as fact_date,
        'referral' as fact_type,
        cast(null as double) as score
    from referrals
    union all
    select
        identity_record_key,
        responded_date as fact_date,
        'answer' as fact_type,
        score
    from scores
)

select
    identity_record_key,
    purchase_date as fact_date,
    'purchase' as fact_type,
    is_purchase,
    revenue,
    margin,
    costed_revenue,
    cast(null as double) as score
from purchase_days
union all
select
    identity_record_key,
    fact_date,
    fact_type,
    false as is_purchase,
    {{ money('null') }} as revenue,
    {{ money('null') }} as margin,
    {{ money('null') }} as costed_revenue,
    score
from single_facts
where identity_record_key is not null and fact_date is not null
