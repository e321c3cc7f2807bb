with

records as (
    {{ latest_version(source('raw', 'crm_customers')) }}
),

renamed as (
    select
        record_key as customer_key,
        record_key as identity_record_key,
        account_key as account_id,
        acquisition_campaign_key as acquisition_campaign_id,

        {{ trimmed('customer_number') }} as customer_number,
        {{ trimmed('loyalty_id') }} as loyalty_id,
        coalesce({{ code('customer_type') }}, 'person') as customer_type,
        {{ trimmed('title') }} as title,
        {{ trimmed('first_name') }} as first_name,
        {{ trimmed('last_name') }} as last_name,
        {{ trimmed('company_name') }} as company_name,
        lower({{ trimmed('email') }}) as email,
        {{ trimmed('phone') }} as phone,
        birth_date,
        {{ code('gender') }} as gender,
        {{ trimmed('street') }} as street,
        {{ trimmed('postal_code') }} as postal_code,
        {{ trimmed('city') }} as city,
        {{ trimmed('region') }} as region,
        upper({{ trimmed('country') }}) as country,
        lower({{ trimmed('language') }}) as language,
        {{ code('acquisition_channel') }} as acquisition_channel,
        acquisition_cost,
        {{ currency_code() }} as currency,
        {{ trimmed('loyalty_tier') }} as loyalty_tier,

        loyalty_joined_at,
        created_at,
        {{ to_company_date('created_at') }} as created_date,
        coalesce(updated_at, cast(extracted_on as timestamp)) as version_at,

        {{ record_columns() }}
    from records
)

select * from renamed
