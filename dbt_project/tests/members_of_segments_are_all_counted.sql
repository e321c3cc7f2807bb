-- Every customer of a segmentation is in one segment of it, and the segments are all its customers.
with

members as (
    select
        segmentation,
        segment_id,
        count(*) as members_count
    from {{ ref('stg_ml__customer_segments') }}
    group by segmentation, segment_id
),

segments as (
    select * from {{ ref('stg_ml__segments') }}
)

select
    segments.segment_id,
    segments.customers_count,
    members.members_count
from segments
full join members on segments.segmentation = members.segmentation and segments.segment_id = members.segment_id
where coalesce(segments.customers_count, 0) <> coalesce(members.members_count, 0)
