{{ config(meta={'dagster': {'ref': {'name': 'int_kpis_of_answers'}}}) }}
-- depends_on: {{ ref('int_kpis_of_answers') }}
-- The interval macros behind the KPIs, against figures that a reader can redo: 5 of 10 and 0 of 10
-- (Agresti and Coull), 6 promoters and 2 detractors of 10 (Rocks), scores .5 .5 1 1, ten events
-- (exact Poisson interval: 4.795 to 18.390), the mean of 1 to 5 (t with four degrees of freedom: 2.776), a
-- ratio that is a mean, and ten bookings of 100 in all with squares of 2500 (t with ten: 2.228).
with

bounds as (
    select 'share 5/10 low' as bound, {{ share_bound(5, 10, -1) }} as actual, 0.23660 as expected
    union all
    select 'share 5/10 high' as bound, {{ share_bound(5, 10, 1) }} as actual, 0.76340 as expected
    union all
    select 'share 0/10 low' as bound, {{ share_bound(0, 10, -1) }} as actual, 0.0 as expected
    union all
    select 'share 0/10 high' as bound, {{ share_bound(0, 10, 1) }} as actual, 0.32089 as expected
    union all
    select 'nps low' as bound, {{ nps_bound(6, 2, 10, -1) }} as actual, -12.58548 as expected
    union all
    select 'nps high' as bound, {{ nps_bound(6, 2, 10, 1) }} as actual, 74.12394 as expected
    union all
    select 'nps of one promoter, high' as bound, {{ nps_bound(1, 0, 1, 1) }} as actual, 100.0 as expected
    union all
    select 'mean low' as bound, {{ mean_score_bound(3.0, 2.5, 4, -1) }} as actual, 0.36847 as expected
    union all
    select 'mean high' as bound, {{ mean_score_bound(3.0, 2.5, 4, 1) }} as actual, 0.96486 as expected
    union all
    select 'count low' as bound, {{ count_bound(10, -1) }} as actual, 4.78747 as expected
    union all
    select 'count high' as bound, {{ count_bound(10, 1) }} as actual, 18.39159 as expected
    union all
    select 'mean of 1 2 3 4 5 low' as bound, {{ mean_bound(15, 55, 5, -1) }} as actual, 1.03676 as expected
    union all
    select 'ratio of 1 2 3 4 5 by 1 each low' as bound, {{ ratio_bound(15, 5, 55, 15, 5, 5, -1) }} as actual, 1.03676 as expected
    union all
    select 'total low' as bound, {{ total_bound(100, 2500, 10, -1) }} as actual, -11.40694 as expected
)

select *
from bounds
where abs(actual - expected) > 0.001
