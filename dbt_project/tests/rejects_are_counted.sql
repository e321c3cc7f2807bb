-- Every reject is still one or was taken over by one replay, and loads and replays count them so.
with

loads as (
    select * from {{ ref('stg_ingestion__loads') }}
    where state <> 'superseded'
),

rejects as (
    select
        load_id,
        sum(case when is_rejected then 1 else 0 end) as rejected_count,
        sum(case when is_rejected then 0 else 1 end) as repaired_count
    from {{ ref('stg_ingestion__rejects') }}
    group by load_id
),

repairs as (
    select
        repaired_by_load_id,
        count(*) as repairs_count
    from {{ ref('stg_ingestion__rejects') }}
    where not is_rejected
    group by repaired_by_load_id
)

select
    loads.load_id,
    loads.rows_rejected,
    rejects.rejected_count,
    loads.rows_repaired,
    rejects.repaired_count,
    repairs.repairs_count
from loads
left join rejects on loads.load_id = rejects.load_id
left join repairs on loads.load_id = repairs.repaired_by_load_id
where
    loads.rows_rejected <> coalesce(rejects.rejected_count, 0)
    or loads.rows_repaired <> coalesce(rejects.repaired_count, 0)
    or (loads.replays_load_id is not null and loads.rows_read <> coalesce(repairs.repairs_count, 0))
