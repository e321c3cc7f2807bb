with

cells as (
    select * from {{ ref('int_segment_cells_counted') }}
    where attribute_value <> 'none'
),

names as (
    select * from {{ ref('int_segment_values_named') }}
),

-- Of hundreds of products, those that most of the segment bought.
ranked as (
    select
        *,
        row_number() over (
            partition by segmentation, segment_id, attribute order by people_count desc, attribute_value asc
        ) as value_rank
    from cells
)

select
    ranked.segmentation,
    ranked.segment_id,
    ranked.attribute,
    ranked.attribute_value,
    coalesce(names.name_en, ranked.attribute_value) as value_name_en,
    coalesce(names.name_de, ranked.attribute_value) as value_name_de,
    case when not ranked.is_suppressed then ranked.people_count end as people_count,
    case when not ranked.is_suppressed then ranked.n end as n,
    case when not ranked.is_suppressed then 1.0 * ranked.people_count / ranked.n end as share,
    case when not ranked.is_suppressed then 1.0 * ranked.all_people_count / ranked.all_n end as all_share,
    case
        when not ranked.is_suppressed
            then (1.0 * ranked.people_count / ranked.n) / (1.0 * ranked.all_people_count / ranked.all_n)
    end as lift,
    ranked.is_suppressed
from ranked
left join names on ranked.attribute = names.attribute and ranked.attribute_value = names.attribute_value
where ranked.attribute <> 'product' or ranked.value_rank <= 20
