{{ config(meta={'dagster': {'ref': {'name': 'code_labels'}}}) }}
-- A code has one name.
select
    code_type,
    code,
    count(*) as labels_count
from {{ ref('code_labels') }}
group by code_type, code
having count(*) > 1
