{{ config(meta={'dagster': {'ref': {'name': 'unlabelled_codes'}}}, severity='warn') }}
-- Codes that a company makes itself are named by its own seeds; until then reports show the code.
select *
from {{ ref('unlabelled_codes') }}
