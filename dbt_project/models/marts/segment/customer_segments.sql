with

members as (
    select * from {{ ref('stg_ml__customer_segments') }}
),

segments as (
    select * from {{ ref('stg_ml__segments') }}
)

select
    members.customer_id,
    members.segmentation,
    members.segment_id,
    segments.name_en,
    segments.name_de,
    members.distance,
    members.model_name,
    members.model_version
from members
inner join segments
    on members.segmentation = segments.segmentation
    and members.segment_id = segments.segment_id
