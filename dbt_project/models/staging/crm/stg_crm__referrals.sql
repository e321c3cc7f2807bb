with

records as (
    {{ latest_version(source('raw', 'crm_referrals')) }}
),

renamed as (
    select
        record_key as referral_id,
        referrer_customer_key,
        referred_customer_key,

        referred_at,
        {{ to_company_date('referred_at') }} as referred_date,

        {{ record_columns() }}
    from records
)

select * from renamed
