with

records as (
    {{ latest_version(source('raw', 'crm_accounts')) }}
),

renamed as (
    select
        record_key as account_id,
        parent_account_key as parent_account_id,

        {{ trimmed('name') }} as account_name,
        {{ trimmed('industry') }} as industry,
        {{ code('size_class') }} as size_class,
        {{ trimmed('region') }} as region,
        upper({{ trimmed('country') }}) as country,
        {{ trimmed('owner_team') }} as owner_team,

        created_at,
        {{ to_company_date('created_at') }} as created_date,

        {{ record_columns() }}
    from records
)

select * from renamed
