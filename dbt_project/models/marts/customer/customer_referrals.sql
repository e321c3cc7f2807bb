with

referrals as (
    select * from {{ ref('int_referrals_identified') }}
    where not is_self_referral
),

made as (
    select
        referrer_customer_id as customer_id,
        count(*) as referrals_count,
        sum(case when is_converted then 1 else 0 end) as converted_referrals_count,
        min(referred_date) as first_referral_date,
        max(referred_date) as last_referral_date
    from referrals
    where referrer_customer_id <> 'unknown'
    group by referrer_customer_id
),

-- Several may name the same customer; the first did it.
received as (
    select
        referred_customer_id as customer_id,
        referrer_customer_id as referred_by_customer_id,
        referred_date,
        row_number() over (
            partition by referred_customer_id order by referred_date, referral_id
        ) as referral_rank
    from referrals
    where referred_customer_id <> 'unknown'
),

first_received as (
    select * from received
    where referral_rank = 1
)

select
    coalesce(made.customer_id, received.customer_id) as customer_id,
    received.referred_by_customer_id,
    received.customer_id is not null as is_referred,
    received.referred_date,
    coalesce(made.referrals_count, 0) as referrals_count,
    cast(coalesce(made.converted_referrals_count, 0) as bigint) as converted_referrals_count,
    made.first_referral_date,
    made.last_referral_date
from made
full outer join first_received as received on made.customer_id = received.customer_id
