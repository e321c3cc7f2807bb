with

records as (
    {{ latest_version(source('raw', 'crm_cases')) }}
),

renamed as (
    select
        record_key as case_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email', 'phone', 'loyalty_id') }} as identity_record_key,
        account_key as account_id,
        order_key as order_id,
        product_key as product_id,
        store_key as store_id,
        linked_case_key as linked_case_id,

        lower({{ trimmed('email') }}) as email,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('loyalty_id') }} as loyalty_id,
        {{ code('channel') }} as channel,
        {{ code('reason') }} as reason,
        {{ code('department') }} as department,
        {{ trimmed('team') }} as team,
        {{ trimmed('partner') }} as partner,
        {{ code('status') }} as status,
        {{ code('priority') }} as priority,
        reopen_count,
        waiting_time_seconds,
        handling_time_seconds,
        is_abandoned,
        is_escalated,
        is_bot_handover,
        {{ trimmed('subject') }} as subject,
        cost_amount,
        {{ currency_code() }} as currency,

        opened_at,
        first_response_at,
        promised_at,
        resolved_at,
        reopened_at,
        {{ to_company_date('opened_at') }} as opened_date,
        {{ to_company_date('resolved_at') }} as resolved_date,

        {{ record_columns() }}
    from records
)

select * from renamed
