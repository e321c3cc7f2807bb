{{ config(meta={'dagster': {'ref': {'name': 'root_causes'}}}) }}
-- A cell of few people is not told, and what is an issue stands out by volume or by score.
select issue
from {{ ref('root_causes') }}
where
    people_count < {{ var('small_cell_minimum') }}
    or (is_candidate and not stands_out and not is_score_worse)
    or is_candidate <> (issue_rank is not null)
