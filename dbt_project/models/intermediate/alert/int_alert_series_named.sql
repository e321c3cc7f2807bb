{#- What the catalogue and the topic tree say of a series holds; the seed says what they do not. -#}
with

series as (
    select * from {{ ref('alert_series') }}
),

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

departments as (
    select * from {{ ref('departments') }}
)

select
    series.series_id,
    series.series_kind,
    series.measure,
    series.kpi_id,
    series.topic,
    series.statistic,
    series.compared_with,
    series.has_season,
    coalesce(series.direction, catalogue.direction) as direction,
    series.smallest_change,
    series.subject,
    series.role,
    case
        when series.series_kind = 'topic' then 'share'
        else coalesce(series.unit, catalogue.unit)
    end as unit,
    coalesce(series.owner, catalogue.owner, departments.owner, 'unknown') as owner,
    coalesce(
        series.name_en, catalogue.name_en, 'Criticism in texts: ' || topics.name_en, series.series_id
    ) as name_en,
    coalesce(
        series.name_de, catalogue.name_de, 'Kritik in Texten: ' || topics.name_de, series.series_id
    ) as name_de
from series
left join catalogue on series.kpi_id = catalogue.kpi_id
left join topics on series.topic = topics.topic
left join departments on topics.department = departments.department
