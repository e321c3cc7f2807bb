with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
)

select
    customer_records.customer_id,
    sends.channel,
    sends.sent_date as contacted_date,
    'campaign_send' as contact_source
from {{ ref('stg_crm__campaign_sends') }} as sends
inner join customer_records on sends.identity_record_key = customer_records.identity_record_key
where not sends.is_control_group and sends.sent_date is not null
union all
-- What was handed to a tool is taken as sent: the tool reports it later, if at all.
select
    coalesce(aliases.customer_id, exports.customer_id) as customer_id,
    exports.channel,
    exports.as_of_date as contacted_date,
    'export' as contact_source
from {{ ref('stg_ingestion__exports') }} as exports
left join {{ ref('stg_ml__customer_aliases') }} as aliases on exports.customer_id = aliases.alias_customer_id
