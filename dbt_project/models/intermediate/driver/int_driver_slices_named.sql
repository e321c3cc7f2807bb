with

segments as (
    select * from {{ ref('stg_ml__segments') }}
    where segmentation = 'rfm'
),

channels as (
    select * from {{ ref('channels') }}
),

stages as (
    select * from {{ ref('code_labels') }}
    where code_type = 'stage'
)

select
    'all' as dimension,
    'all' as dimension_value,
    'All' as name_en,
    'Alle' as name_de
union all
select
    'segment' as dimension,
    segment_id as dimension_value,
    name_en,
    name_de
from segments
union all
select
    'channel' as dimension,
    channel as dimension_value,
    name_en,
    name_de
from channels
union all
select
    'touchpoint' as dimension,
    code as dimension_value,
    name_en,
    name_de
from stages
