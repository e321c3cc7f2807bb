with

referrals as (
    select * from {{ ref('stg_crm__referrals') }}
),

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

tenures as (
    select * from {{ ref('int_customer_tenures_derived') }}
),

identified as (
    select
        referrals.referral_id,
        referrals.referred_date,
        coalesce(referrers.customer_id, 'unknown') as referrer_customer_id,
        coalesce(referred.customer_id, 'unknown') as referred_customer_id,
        tenures.first_activity_date as referred_first_activity_date
    from referrals
    left join customer_records as referrers on referrals.referrer_customer_key = referrers.identity_record_key
    left join customer_records as referred on referrals.referred_customer_key = referred.identity_record_key
    left join tenures on referred.customer_id = tenures.customer_id
)

select
    *,
    referrer_customer_id = referred_customer_id and referrer_customer_id <> 'unknown' as is_self_referral,
    coalesce(referred_first_activity_date >= referred_date, false) as is_converted
from identified
