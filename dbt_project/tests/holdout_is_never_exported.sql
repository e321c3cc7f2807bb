{{ config(meta={'dagster': {'ref': {'name': 'stg_ingestion__exports'}}}) }}
-- No list held anybody of today's holdout; a merge that makes an exported record one of the holdout is no export of it.
select exports.export_id
from {{ ref('stg_ingestion__exports') }} as exports
where {{ in_action_holdout('exports.customer_id') }}
