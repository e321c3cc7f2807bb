{{ config(meta={'dagster': {'ref': {'name': 'nonresponse_by_period'}}}) }}
-- What all who were invited would say is made of what was said and of what the silent would say.
select *
from {{ ref('stg_ml__nonresponse_corrections') }}
where
    answered_count + silent_count <> invited_count
    or persons_count > answered_count
    or abs(
        corrected_score * invited_count
        - raw_score * answered_count
        - silent_score * silent_count
    ) > 0.001 * invited_count
    or (corrected_score is not null and (raw_score is null or silent_score is null))
    or (verdict in ('too_few', 'beyond_facts') and coalesce(raw_score, silent_score, corrected_score) is not null)
