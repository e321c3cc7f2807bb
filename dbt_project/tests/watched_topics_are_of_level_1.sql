-- Texts are counted by the topics of level 1: a series of another one would watch nothing.
select
    series.series_id,
    series.topic,
    topics.level
from {{ ref('alert_series') }} as series
inner join {{ ref('topics') }} as topics on series.topic = topics.topic
where cast(topics.level as integer) <> 1
