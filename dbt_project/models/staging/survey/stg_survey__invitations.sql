with

records as (
    {{ latest_version(source('raw', 'survey_invitations')) }}
),

renamed as (
    select
        record_key as invitation_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email') }} as identity_record_key,
        order_key as order_id,
        case_key as case_id,

        {{ trimmed('survey') }} as survey,
        lower({{ trimmed('email') }}) as email,
        {{ code('channel') }} as channel,

        sent_at,
        {{ to_company_date('sent_at') }} as sent_date,

        {{ record_columns() }}
    from records
)

select * from renamed
