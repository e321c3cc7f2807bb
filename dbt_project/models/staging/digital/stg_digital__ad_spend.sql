with

records as (
    {{ latest_version(source('raw', 'digital_ad_spend')) }}
),

renamed as (
    select
        record_key as ad_spend_id,
        campaign_key as campaign_id,

        {{ code('platform') }} as platform,
        coalesce(impressions_count, 0) as impressions_count,
        coalesce(clicks_count, 0) as clicks_count,
        cost_amount,
        {{ currency_code() }} as currency,

        spend_date,

        {{ record_columns() }}
    from records
)

select * from renamed
