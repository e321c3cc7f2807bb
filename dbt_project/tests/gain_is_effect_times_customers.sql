-- What an initiative brought is its effect on each customer times the customers, to a ten-thousandth each; and who says
-- nothing of it shows no return.
select initiative_id
from {{ ref('initiatives') }}
where
    abs(gain - value_per_customer * customers_count) > 0.0001 * (customers_count + 1)
    or (cost > 0 and abs(roi - (gain - cost) / cost) > 0.001 / cost + 0.000001)
    or (verdict = 'cannot_be_said' and (gain is not null or roi is not null or verdict_reason is null))
    or (verdict <> 'cannot_be_said' and (gain is null or verdict_reason is not null))
    or (verdict = 'gain_shown' and value_per_customer_low <= 0)
    or (verdict = 'loss_shown' and value_per_customer_high >= 0)
