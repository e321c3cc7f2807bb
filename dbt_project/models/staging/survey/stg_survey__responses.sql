with

records as (
    {{ latest_version(source('raw', 'survey_responses')) }}
),

renamed as (
    select
        record_key as response_id,
        customer_key,
        case
            when coalesce({{ code('respondent_type') }}, 'customer') <> 'employee'
                then {{ identity_record_key('customer_key', 'email', 'phone', 'loyalty_id') }}
        end as identity_record_key,
        invitation_key as invitation_id,
        order_key as order_id,
        case_key as case_id,
        store_key as store_id,

        {{ trimmed('survey') }} as survey,
        coalesce({{ code('respondent_type') }}, 'customer') as respondent_type,
        lower({{ trimmed('email') }}) as email,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('loyalty_id') }} as loyalty_id,
        {{ code('channel') }} as channel,
        {{ code('touchpoint') }} as touchpoint,
        {{ code('department') }} as department,
        weight,
        lower({{ trimmed('language') }}) as language,
        {{ trimmed('age_group') }} as age_group,
        {{ code('gender') }} as gender,

        responded_at,
        {{ to_company_date('responded_at') }} as responded_date,

        {{ record_columns() }}
    from records
)

select * from renamed
