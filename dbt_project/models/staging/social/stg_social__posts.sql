with

records as (
    {{ latest_version(source('raw', 'social_posts')) }}
),

renamed as (
    select
        record_key as post_id,
        parent_post_key as parent_post_id,
        product_key as product_id,
        store_key as store_id,

        {{ trimmed('thread_ref') }} as thread_ref,
        coalesce({{ code('platform') }}, 'unknown') as platform,
        coalesce({{ code('post_type') }}, 'post') as post_type,
        lower({{ trimmed('author_handle') }}) as author_handle,
        rating,
        rating_max,
        {{ trimmed('text') }} as post_text,
        lower({{ trimmed('language') }}) as language,
        likes_count,

        posted_at,
        {{ to_company_date('posted_at') }} as posted_date,

        {{ record_columns() }}
    from records
)

select * from renamed
