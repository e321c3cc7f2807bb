with

members as (
    select * from {{ ref('stg_ml__customer_segments') }}
),

attributes as (
    select * from {{ ref('int_segment_attributes_listed') }}
),

joined as (
    select
        members.segmentation,
        members.segment_id,
        attributes.customer_id,
        attributes.attribute,
        attributes.attribute_value
    from members
    inner join attributes on members.customer_id = attributes.customer_id
),

cells as (
    select
        segmentation,
        segment_id,
        attribute,
        attribute_value,
        count(*) as people_count
    from joined
    group by segmentation, segment_id, attribute, attribute_value
),

known as (
    select
        segmentation,
        segment_id,
        attribute,
        count(distinct customer_id) as n
    from joined
    group by segmentation, segment_id, attribute
),

known_of_all as (
    select
        segmentation,
        attribute,
        sum(n) as all_n
    from known
    group by segmentation, attribute
),

-- What is hidden in a row or column of a table must not follow from the rest: with one cell of few people goes the
-- smallest of the others, first among the values of a segment, then among the segments of a value.
ranked as (
    select
        *,
        people_count < {{ var('small_cell_minimum') }} as is_small,
        sum(
            case when people_count < {{ var('small_cell_minimum') }} then people_count else 0 end
        ) over (partition by segmentation, segment_id, attribute) as small_people_count,
        row_number() over (
            partition by segmentation, segment_id, attribute, people_count < {{ var('small_cell_minimum') }}
            order by people_count, attribute_value
        ) as value_rank
    from cells
),

hidden_values as (
    select
        segmentation,
        segment_id,
        attribute,
        attribute_value,
        people_count,
        is_small
        or (
            small_people_count between 1 and {{ var('small_cell_minimum') - 1 }} and value_rank = 1
        ) as is_hidden
    from ranked
),

hidden_ranked as (
    select
        *,
        sum(case when is_hidden then people_count else 0 end) over (
            partition by segmentation, attribute, attribute_value
        ) as hidden_people_count,
        row_number() over (
            partition by segmentation, attribute, attribute_value, is_hidden order by people_count, segment_id
        ) as segment_rank
    from hidden_values
)

select
    hidden_ranked.segmentation,
    hidden_ranked.segment_id,
    hidden_ranked.attribute,
    hidden_ranked.attribute_value,
    hidden_ranked.people_count,
    known.n,
    sum(hidden_ranked.people_count) over (
        partition by hidden_ranked.segmentation, hidden_ranked.attribute, hidden_ranked.attribute_value
    ) as all_people_count,
    cast(known_of_all.all_n as bigint) as all_n,
    hidden_ranked.is_hidden
    or (
        hidden_ranked.hidden_people_count between 1 and {{ var('small_cell_minimum') - 1 }}
        and hidden_ranked.segment_rank = 1
    ) as is_suppressed
from hidden_ranked
inner join known
    on hidden_ranked.segmentation = known.segmentation
    and hidden_ranked.segment_id = known.segment_id
    and hidden_ranked.attribute = known.attribute
inner join known_of_all
    on hidden_ranked.segmentation = known_of_all.segmentation
    and hidden_ranked.attribute = known_of_all.attribute
