{{ config(meta={'dagster': {'ref': {'name': 'stg_ingestion__exports'}}}) }}
-- No list held anybody of the holdout, as long as it is drawn in the same way. Asked of the id that was exported: a
-- merge that makes it one of a customer in the holdout came after.
select exports.export_id
from {{ ref('stg_ingestion__exports') }} as exports
where
    exports.holdout_draw = '{{ var("action_holdout_salt") }}/{{ var("action_holdout_share") }}'
    and {{ in_action_holdout('exports.customer_id') }}
