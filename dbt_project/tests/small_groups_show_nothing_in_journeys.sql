{{ config(meta={'dagster': {'ref': {'name': 'touchpoint_scorecard'}}}) }}
-- No shown cell rests on fewer people than may be shown.
select
    'touchpoint_scorecard' as published_table,
    scorecard.touchpoint_type as cell
from {{ ref('touchpoint_scorecard') }} as scorecard
inner join {{ ref('int_touchpoint_cells_counted') }} as cells
    on scorecard.touchpoint_type = cells.touchpoint_type
    and scorecard.channel = cells.channel
    and scorecard.outcome = cells.outcome
    and coalesce(scorecard.period_start, {{ beginning_of_history() }})
    = coalesce(cells.month_start, {{ beginning_of_history() }})
where
    (cells.people_count < {{ var('small_cell_minimum') }} and scorecard.contacts_count is not null)
    or (cells.answering_count < {{ var('small_cell_minimum') }} and scorecard.n is not null)
    or (
        cells.people_with_bad_contact_count between 1 and {{ var('small_cell_minimum') }} - 1
        and (scorecard.bad_contact_share is not null or scorecard.revenue_at_stake is not null)
    )

union all

select
    'journey_paths' as published_table,
    paths.journey_type as cell
from {{ ref('journey_paths') }} as paths
inner join (
    select
        journey_type,
        position,
        source,
        target,
        count(distinct person_key) as people_count
    from {{ ref('int_journey_transitions_derived') }}
    group by 1, 2, 3, 4
) as transitions
    on paths.journey_type = transitions.journey_type
    and paths.position = transitions.position
    and paths.source = transitions.source
    and paths.target = transitions.target
    and paths.segment = 'all'
where transitions.people_count < {{ var('small_cell_minimum') }} and paths.journeys_count is not null
