with

records as (
    {{ latest_version(source('raw', 'crm_merges')) }}
),

renamed as (
    select
        record_key as merge_id,
        surviving_customer_key,
        merged_customer_key,

        merged_at,

        {{ record_columns() }}
    from records
)

select * from renamed
