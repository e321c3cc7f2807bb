with

records as (
    {{ latest_version(source('raw', 'social_profile_links')) }}
),

renamed as (
    select
        record_key as profile_link_id,
        customer_key,
        {{ identity_record_key('customer_key', 'email') }} as identity_record_key,

        coalesce({{ code('platform') }}, 'unknown') as platform,
        lower({{ trimmed('author_handle') }}) as author_handle,
        lower({{ trimmed('email') }}) as email,

        linked_at,

        {{ record_columns() }}
    from records
)

select * from renamed
