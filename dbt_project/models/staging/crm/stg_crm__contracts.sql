with

records as (
    {{ latest_version(source('raw', 'crm_contracts')) }}
),

renamed as (
    select
        record_key as contract_id,
        customer_key,
        customer_key as identity_record_key,
        account_key as account_id,
        product_key as product_id,

        {{ code('status') }} as status,
        fee_amount,
        {{ code('fee_period') }} as fee_period,
        {{ currency_code() }} as currency,

        started_on as started_date,
        ended_on as ended_date,
        cancelled_on as cancelled_date,

        {{ record_columns() }}
    from records
)

select * from renamed
