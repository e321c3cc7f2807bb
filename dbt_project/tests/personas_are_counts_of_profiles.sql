-- Nothing is invented: each statement has the figures of a cell of the profile, and no cell of few people is told.
with

statements as (
    select * from {{ ref('personas') }}
),

profiles as (
    select * from {{ ref('segment_profiles') }}
)

select
    statements.segment_id,
    statements.statement_number
from statements
left join profiles
    on statements.segmentation = profiles.segmentation
    and statements.segment_id = profiles.segment_id
    and statements.attribute = profiles.attribute
    and statements.attribute_value = profiles.attribute_value
    and statements.people_count = profiles.people_count
    and statements.n = profiles.n
where profiles.segment_id is null or statements.people_count < {{ var('small_cell_minimum') }}
