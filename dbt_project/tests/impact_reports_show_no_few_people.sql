{#-
    A figure in a report of impact is of people enough on both sides and of something that can be said; a count in it
    is no exact one, and none follows from the money.
-#}
{%- set minimum = var('small_cell_minimum') -%}
select initiative_id as subject
from {{ ref('initiative_results') }}
where
    (value_per_customer is not null and (treated_count is null or comparison_count is null))
    or (verdict = 'cannot_be_said' and coalesce(value_per_customer, value_per_customer_low, gain, roi) is not null)
    or abs(gain - value_per_customer * customers_count) > 0.001
    or abs(gain_low - value_per_customer_low * customers_count) > 0.001
    or abs(gain_high - value_per_customer_high * customers_count) > 0.001
    or abs(roi * cost - (gain - cost)) > 0.001
    or treated_count % {{ minimum }} <> 0
    or comparison_count % {{ minimum }} <> 0
    or customers_count % {{ minimum }} <> 0
union all
select measure || outcome as subject
from {{ ref('score_worth_by_measure') }}
where
    (worth is not null and compared_count is null)
    or (verdict = 'cannot_be_said' and coalesce(worth, worth_low) is not null)
    or compared_count % {{ minimum }} <> 0
    or customers_count % {{ minimum }} <> 0
union all
select kind || outcome as subject
from {{ ref('bad_experience_costs_by_kind') }}
where
    (effect is not null and (bad_matched_count is null or comparison_count is null))
    or (verdict = 'cannot_be_said' and coalesce(effect, effect_low, bad_mean, yearly_cost) is not null)
    or abs(yearly_cost + effect * yearly_count) > 0.001
    or abs(yearly_cost_low + effect_high * yearly_count) > 0.001
    or abs(yearly_cost_high + effect_low * yearly_count) > 0.001
    or bad_count % {{ minimum }} <> 0
    or bad_matched_count % {{ minimum }} <> 0
    or yearly_count % {{ minimum }} <> 0
