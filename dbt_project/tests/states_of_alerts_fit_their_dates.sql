{{ config(meta={'dagster': {'ref': {'name': 'alerts'}}}) }}
-- What is over has an end and a reason, what is not has none; nothing is told before it began.
select alert_id
from {{ ref('alerts') }}
where
    (alert_state = 'over') <> (ended_date is not null)
    or (alert_state = 'over') <> (end_reason is not null)
    or (alert_state = 'acknowledged' and acknowledged_date is null)
    or raised_date < started_date
    or ended_date < started_date
    or change_low > change_high
