{#- A figure in a report of impact is of people enough on both sides; a count in it is no exact one. -#}
{%- set minimum = var('small_cell_minimum') -%}
select initiative_id as subject
from {{ ref('initiative_results') }}
where
    (value_per_customer is not null and (treated_count is null or comparison_count is null))
    or treated_count % {{ minimum }} <> 0
    or comparison_count % {{ minimum }} <> 0
    or customers_count % {{ minimum }} <> 0
union all
select measure || outcome as subject
from {{ ref('score_worth_by_measure') }}
where
    (worth is not null and compared_count is null)
    or compared_count % {{ minimum }} <> 0
    or customers_count % {{ minimum }} <> 0
union all
select kind || outcome as subject
from {{ ref('bad_experience_costs_by_kind') }}
where
    (effect is not null and (bad_matched_count is null or comparison_count is null))
    or bad_count % {{ minimum }} <> 0
    or bad_matched_count % {{ minimum }} <> 0
    or yearly_count % {{ minimum }} <> 0
