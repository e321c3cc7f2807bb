{{ config(meta={'dagster': {'ref': {'name': 'topic_trends_by_month'}}}) }}
-- A month of a topic shows nothing where one to four people spoke of it, or so few of the group spoke at all.
select
    trends.dimension,
    trends.dimension_value,
    trends.period,
    trends.topic
from {{ ref('topic_trends_by_month') }} as trends
inner join {{ ref('int_topic_cells_counted') }} as cells
    on trends.dimension = cells.dimension
    and trends.dimension_value = cells.dimension_value
    and trends.period_start = cells.period_start
    and trends.topic = cells.topic
where
    (
        cells.people_count between 1 and {{ var('small_cell_minimum') - 1 }}
        or cells.all_people_count < {{ var('small_cell_minimum') }}
    )
    and coalesce(
        trends.texts_count, trends.share_of_voice, trends.share_low, trends.share_high, trends.share_change,
        trends.mean_polarity, trends.polarity_low, trends.polarity_change
    ) is not null
