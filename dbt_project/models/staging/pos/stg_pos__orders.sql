with

records as (
    {{ latest_version(source('raw', 'pos_orders')) }}
),

renamed as (
    select
        record_key as order_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email', 'phone', 'loyalty_id') }} as identity_record_key,
        account_key as account_id,
        store_key as store_id,
        campaign_key as campaign_id,

        lower({{ trimmed('email') }}) as email,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('loyalty_id') }} as loyalty_id,
        coalesce({{ code('channel') }}, 'unknown') as channel,
        coalesce({{ code('status') }}, 'unknown') as status,
        net_amount,
        tax_amount,
        shipping_amount,
        discount_amount,
        {{ currency_code() }} as currency,
        {{ code('payment_method') }} as payment_method,
        {{ trimmed('coupon_code') }} as coupon_code,

        ordered_at,
        promised_at,
        shipped_at,
        delivered_at,
        {{ to_company_date('ordered_at') }} as ordered_date,
        {{ to_company_date('promised_at') }} as promised_date,
        {{ to_company_date('delivered_at') }} as delivered_date,

        {{ record_columns() }}
    from records
)

select * from renamed
