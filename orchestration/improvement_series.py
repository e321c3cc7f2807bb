"""What the improvement step asks the engine of a decision: its issue month by month, and of teams.

Reads the temporary tables that `improvement_queries.prepare` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from orchestration.improvement_queries import RECONTACT_DAYS, Window
from orchestration.improvements import Improvement, split_issue

MONTHS = 12
"""Most months before and after a decision that are compared."""


@dataclass(frozen=True)
class Series:
    """Months of an issue and of its comparison; see `improvement_effects.COUNTED`."""

    months: pd.DataFrame
    comparison: str
    before: int
    after: int


def read_series(
    con: duckdb.DuckDBPyConnection, window: Window, decided: Improvement, effective_from: date,
    other_reasons: frozenset[str] = frozenset(),
) -> Series:
    """Count the whole months before and after a decision.

    Args:
        con: connection with the temporary tables.
        window: whole months of the history.
        decided: the decision.
        effective_from: first day on which it holds; a month that begins earlier is neither.
        other_reasons: reasons with an article of their own, which are no comparison.
    """
    first_after = effective_from if effective_from.day == 1 else _next(effective_from)
    con.execute("""
        create or replace temp table compared_months as
        select month::date as month, month >= $after as is_after
        from generate_series($first::date, $last::date, interval 1 month) as months(month)
        where (month >= $after and month < $after::date + interval (12) month)
            or (month < date_trunc('month', $from::date)
                and month >= date_trunc('month', $from::date) - interval (12) month)""",
                {"after": first_after, "from": effective_from, "first": window.first_whole_month,
                 "last": max(window.last_whole_month, window.first_whole_month)})
    parts = split_issue(decided.kind, decided.issue)
    if decided.kind == "article":
        events, comparison = _ARTICLE_SQL, "other_reasons"
        values: dict[str, object] = {"reason": parts[0], "others": sorted(other_reasons)}
    elif decided.kind == "training":
        events, comparison = _TRAINING_SQL, "other_teams"
        values = {"team": parts[0], "topic": parts[1], "as_of": window.as_of}
    elif len(parts) == 3 and parts[1] not in ("month", "touchpoint"):
        events, comparison = _PLACE_SQL, "other_values"
        values = {"topic": parts[0], "dimension": parts[1], "value": parts[2]}
    else:
        # A month that is over cannot change: what is looked at is whether the topic comes again.
        events, comparison = _TOPIC_SQL, "other_topics"
        is_step = len(parts) == 3 and parts[1] == "touchpoint"
        values = {"topic": parts[0], "touchpoint": parts[2] if is_step else None}
    months = con.execute(_GRID_SQL.format(events=events), values).df()
    ((before, after),) = con.execute(
        "select count(*) filter (not is_after), count(*) filter (is_after) from compared_months"
    ).fetchall()
    return Series(months, comparison, before, after)


def read_team_counts(
    con: duckdb.DuckDBPyConnection, window: Window, team_sizes: Mapping[str, int],
    least_employees: int,
) -> pd.DataFrame:
    """Count scores, reopenings and re-contacts per team and topic, and those of all others.

    Only teams that are said to have `least_employees` are told of; cases of all others, also of no
    team, are what they are compared with.
    """
    told = [team for team, size in sorted(team_sizes.items()) if size >= least_employees]
    return con.execute(
        _TEAMS_SQL, {"first": window.first, "as_of": window.as_of, "teams": told}).df()


def _next(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_GRID_SQL = """
    with events as ({events}),
    sides as (select unnest([true, false]) as is_treated)
    select sides.is_treated, compared_months.is_after, compared_months.month,
        coalesce(sum(events_count), 0)::bigint as events_count,
        coalesce(sum(exposure_count), 0)::bigint as exposure_count,
        coalesce(sum(scores_count), 0)::bigint as scores_count,
        round(coalesce(fsum(score_sum), 0), 9) as score_sum,
        round(coalesce(fsum(score_square_sum), 0), 9) as score_square_sum,
        round(coalesce(fsum(cost_amount), 0), 6) as cost_amount
    from compared_months cross join sides
    left join events on events.month = compared_months.month
        and events.is_treated = sides.is_treated
    group by all order by all"""

_SUMS = """
        count(distinct person_key) filter (is_problem) as events_count,
        count(score) as scores_count, fsum(score) as score_sum,
        fsum(score * score) as score_square_sum"""

_PLACE_SQL = f"""
        select dimension_value = $value as is_treated, month, {_SUMS},
            0 as exposure_count, fsum(cost::double * part) filter (is_problem) as cost_amount
        from mentions join voice_values using (voice_id)
        where topic = $topic and dimension = $dimension
        group by all
        union all by name
        select dimension_value = $value as is_treated, month, sum(orders_count) as exposure_count
        from order_values where dimension = $dimension group by all"""

# Where nothing else is known, both groups have the same exposure, which cancels out.
_TOPIC_SQL = f"""
        select mentions.topic = $topic as is_treated, month, {_SUMS},
            fsum(cost::double) filter (is_problem) as cost_amount
        from mentions join intermediate.int_topics_placed as placed using (topic)
        where (mentions.topic = $topic or (placed.topic_level = 1 and mentions.topic <> (
                select level_1_topic from intermediate.int_topics_placed where topic = $topic)))
            and ($touchpoint is null or voice_id in (
                select voice_id from voice_values
                where dimension = 'touchpoint' and dimension_value = $touchpoint))
        group by all
        union all by name
        select is_treated, month, 1 as exposure_count
        from compared_months cross join (select unnest([true, false]) as is_treated)"""

_ARTICLE_SQL = """
        select reason = $reason as is_treated, date_trunc('month', opened_date)::date as month,
            count(*) as events_count, fsum(cost::double) as cost_amount,
            0 as scores_count, 0.0 as score_sum, 0.0 as score_square_sum
        from contacts
        where not is_mirror
            and (reason = $reason or reason not in (select unnest($others::varchar[])))
        group by all
        union all by name
        select is_treated, month, 1 as exposure_count
        from compared_months cross join (select unnest([true, false]) as is_treated)"""

_JUDGED = f"""
        select contacts.case_id, contacts.team, contacts.topic, contacts.is_unknown,
            contacts.opened_date, contacts.person_key, contacts.cost,
            case when contacts.resolved_at is not null
                then (contacts.reopen_count > 0)::integer end as reopened_share,
            case when contacts.is_known and not contacts.is_unknown
                    and contacts.last_at < $as_of::timestamp - interval {RECONTACT_DAYS} day
                then coalesce(date_diff('second', contacts.last_at, contacts.next_at)
                              <= {RECONTACT_DAYS} * 86400, false)::integer
                end as recontact_share,
            scores.score
        from contacts
        left join (
            select responses.case_id, round(favg(scored.score_normalised), 9) as score
            from intermediate.int_survey_responses_identified as responses
            join intermediate.int_survey_responses_scored as scored using (response_id)
            where responses.case_id is not null and responses.respondent_type = 'customer'
            group by responses.case_id
        ) as scores on contacts.case_id = scores.case_id
        where not contacts.is_mirror"""

_TRAINING_SQL = f"""
        select team is not distinct from $team as is_treated,
            date_trunc('month', opened_date)::date as month,
            count(coalesce(reopened_share, recontact_share)) as exposure_count,
            fsum(cost::double) filter (reopened_share = 1 or recontact_share = 1) as cost_amount,
            count(*) filter (reopened_share = 1 or recontact_share = 1) as events_count,
            count(score) as scores_count, fsum(score) as score_sum,
            fsum(score * score) as score_square_sum
        from ({_JUDGED})
        where topic = $topic or $topic = 'all'
        group by all"""

_TEAMS_SQL = f"""
    with judged as ({_JUDGED}),
    measures as (
        unpivot (select team, topic, person_key, score, reopened_share::double as reopened_share,
                     recontact_share::double as recontact_share
                 from judged where opened_date >= $first and not is_unknown)
        on score, reopened_share, recontact_share into name measure value value
    ),
    totals as (
        select topic, measure, count(*) as n, fsum(value) as total, fsum(value * value) as squares
        from measures group by all
    ),
    teams as (
        select team, topic, measure, count(*) as n, fsum(value) as total,
            fsum(value * value) as squares, count(distinct person_key) as people_count
        from measures where team in (select unnest($teams::varchar[])) group by all
    )
    select team, topic, measure, teams.n as cases_count, round(teams.total, 9) as value_sum,
        round(teams.squares, 9) as value_square_sum, totals.n - teams.n as others_count,
        round(totals.total - teams.total, 9) as others_sum,
        round(totals.squares - teams.squares, 9) as others_square_sum
    from teams join totals using (topic, measure)
    order by team, topic, measure"""
