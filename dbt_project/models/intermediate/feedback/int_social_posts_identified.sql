with

posts as (
    select * from {{ ref('stg_social__posts') }}
),

profile_links as (
    select * from {{ ref('stg_social__profile_links') }}
),

-- A handle that was linked more than once belongs to its latest link.
current_links as (
    select
        platform,
        author_handle,
        identity_record_key
    from (
        select
            *,
            row_number() over (
                partition by platform, author_handle
                order by linked_at desc nulls last, profile_link_id asc
            ) as link_rank
        from profile_links
        where identity_record_key is not null
    ) as ranked_links
    where link_rank = 1
)

select
    posts.*,
    current_links.identity_record_key,
    case
        when posts.rating_max > 1 and posts.rating between 1 and posts.rating_max
            then (posts.rating - 1) / (posts.rating_max - 1)
    end as score_normalised
from posts
left join current_links
    on posts.platform = current_links.platform
    and posts.author_handle = current_links.author_handle
