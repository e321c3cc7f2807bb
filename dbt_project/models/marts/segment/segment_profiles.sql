with

cells as (
    select * from {{ ref('int_segment_cells_counted') }}
    where attribute_value <> 'none' and not is_suppressed
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

-- A value that few have is not named either: a mistyped one can be a name.
select
    ranked.segmentation,
    ranked.segment_id,
    ranked.attribute,
    ranked.attribute_value,
    coalesce(names.name_en, ranked.attribute_value) as value_name_en,
    coalesce(names.name_de, ranked.attribute_value) as value_name_de,
    ranked.people_count,
    ranked.n,
    1.0 * ranked.people_count / ranked.n as share,
    1.0 * ranked.all_people_count / ranked.all_n as all_share,
    (1.0 * ranked.people_count / ranked.n) / (1.0 * ranked.all_people_count / ranked.all_n) as lift
from ranked
left join names on ranked.attribute = names.attribute and ranked.attribute_value = names.attribute_value
where ranked.attribute <> 'product' or ranked.value_rank <= 20
