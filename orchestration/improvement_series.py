"""What the improvement step asks the engine of a decision: its issue month by month, and of teams.

Reads the temporary tables that `improvement_queries.prepare` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from orchestration.improvement_queries import Window
from orchestration.improvements import Improvement, split_issue

MONTHS = 12
"""Most months before and after a decision that are compared."""

NO_TEAM = "unknown"
"""Line of the team sizes that says how many people handle the cases that name no team."""


@dataclass(frozen=True)
class Limits:
    """Whom may be told of, and what counts as coming back: variables of the dbt project.

    Attributes:
        people: that a cell needs.
        employees: that a team needs, and those that it is compared with together.
        recontact_days: within which who comes back has the same concern.
        team_sizes: employees of the teams that are known.
    """

    people: int
    employees: int
    recontact_days: int
    team_sizes: Mapping[str, int]

    @property
    def told_teams(self) -> list[str]:
        """Teams of enough employees."""
        return [team for team, size in sorted(self.team_sizes.items())
                if size >= self.employees and team != NO_TEAM]


@dataclass(frozen=True)
class Series:
    """Months of an issue and of its comparison; see `improvement_effects.COUNTED`.

    `few`: measures of which too few people could be told.
    """

    months: pd.DataFrame
    comparison: str
    before: int
    after: int
    few: frozenset[str]


def load_team_sizes(con: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Make the temporary table team_sizes, which the counts of teams read."""
    con.execute("create temp table team_sizes (team varchar, employees_count integer)")
    for team, size in limits.team_sizes.items():
        con.execute("insert into team_sizes values (?, ?)", [team, size])


def read_series(
    con: duckdb.DuckDBPyConnection, window: Window, decided: Improvement, effective_from: date,
    limits: Limits, other_reasons: frozenset[str] = frozenset(),
) -> Series:
    """Count the whole months before and after a decision.

    Args:
        con: connection with the temporary tables.
        window: whole months of the history.
        decided: the decision.
        effective_from: first day on which it holds; a month that begins earlier is neither.
        limits: whom may be told of.
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
        told, comparison = _ARTICLE_SQL, "other_reasons"
        values: dict[str, object] = {"reason": parts[0], "others": sorted(other_reasons)}
    elif decided.kind == "training":
        told, comparison = _TRAINING_SQL, "other_teams"
        values = {"team": parts[0], "topic": parts[1], "least": limits.employees,
                  "recontact_days": limits.recontact_days}
    elif len(parts) == 3 and parts[1] not in ("month", "touchpoint"):
        told, comparison = _PLACE_SQL, "other_values"
        values = {"topic": parts[0], "dimension": parts[1], "value": parts[2]}
    else:
        # A month that is over cannot change: what is looked at is whether the topic comes again.
        told, comparison = _TOPIC_SQL, "other_topics"
        is_step = len(parts) == 3 and parts[1] == "touchpoint"
        values = {"topic": parts[0], "touchpoint": parts[2] if is_step else None}
    con.execute(f"create or replace temp table told as select * from ({told}) "
                "join compared_months using (month)", values)
    ((before, after),) = con.execute(
        "select count(*) filter (not is_after), count(*) filter (is_after) from compared_months"
    ).fetchall()
    people = con.execute(_PEOPLE_SQL).fetchall()
    few = {measure for _, *counts in people
           for measure, count in zip(("volume", "money", "score"), counts, strict=True)
           if 0 < count < limits.people}
    if decided.kind == "training" and (
            parts[0] not in limits.told_teams or not con.execute(_OTHERS_SQL).fetchone()):
        few = {"volume", "money", "score"}
    return Series(con.execute(_GRID_SQL).df(), comparison, before, after, frozenset(few))


def read_team_counts(
    con: duckdb.DuckDBPyConnection, window: Window, limits: Limits,
) -> pd.DataFrame:
    """Count scores, reopenings and re-contacts per team and topic, and those of all others.

    Only teams of enough employees are told of. They are compared with each other, and with all
    other cases where the teams of these are known to have enough employees together: else a small
    team would follow from what is told of the large ones.
    """
    return con.execute(_TEAMS_SQL, {
        "first": window.first, "least": limits.employees, "teams": limits.told_teams,
        "recontact_days": limits.recontact_days}).df()


def _next(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_GRID_SQL = """
    with events as (
        select is_treated, month, count(distinct event_key) filter (is_event) as events_count,
            sum(exposure_count) as exposure_count, count(score) as scores_count,
            fsum(score) as score_sum, fsum(score * score) as score_square_sum,
            fsum(cost) filter (is_event) as cost_amount
        from told group by all
    ),
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

# People of both groups, before and after together.
_PEOPLE_SQL = """
    with sides as (select unnest([true, false]) as is_treated)
    select sides.is_treated, count(distinct person_key) filter (is_event) as problems_count,
        count(distinct person_key) filter (is_event and cost is not null) as costs_count,
        count(distinct person_key) filter (score is not null) as scores_count
    from sides left join told using (is_treated)
    group by all"""

_OTHERS_SQL = "select 1 from told where not is_treated limit 1"

# What is told: one row per voice or contact, and rows of what their months are of. An event counts
# once a month by its key.
_PLACE_SQL = """
        select dimension_value = $value as is_treated, month, person_key, person_key as event_key,
            is_problem as is_event, score, cost::double * part as cost, 0 as exposure_count
        from mentions join voice_values using (voice_id)
        where topic = $topic and dimension = $dimension
        union all by name
        select dimension_value = $value as is_treated, month, orders_count as exposure_count
        from order_values where dimension = $dimension"""

# Where nothing else is known, both groups have the same exposure, which cancels out.
_SAME_EXPOSURE = """
        union all by name
        select is_treated, month, 1 as exposure_count
        from compared_months cross join (select unnest([true, false]) as is_treated)"""

_TOPIC_SQL = f"""
        select mentions.topic = $topic as is_treated, month, person_key, person_key as event_key,
            is_problem as is_event, score, cost::double as cost, 0 as exposure_count
        from mentions join intermediate.int_topics_placed as placed using (topic)
        where (mentions.topic = $topic or (placed.topic_level = 1 and mentions.topic <> (
                select level_1_topic from intermediate.int_topics_placed where topic = $topic)))
            and ($touchpoint is null or voice_id in (
                select voice_id from voice_values
                where dimension = 'touchpoint' and dimension_value = $touchpoint))
        {_SAME_EXPOSURE}"""

_ARTICLE_SQL = f"""
        select reason = $reason as is_treated, date_trunc('month', opened_date)::date as month,
            person_key, case_id as event_key, true as is_event, null::double as score,
            cost::double as cost, 0 as exposure_count
        from contacts
        where not is_mirror
            and (reason = $reason or reason not in (select unnest($others::varchar[])))
        {_SAME_EXPOSURE}"""

# Contacts with what came of them, and the unit of employees that they are told in: a team of enough
# employees is one of its own, all others together are the unit ''.
_JUDGED = f"""
        select contacts.case_id, contacts.team, contacts.topic, contacts.is_unknown,
            contacts.opened_date, contacts.person_key, contacts.cost,
            case when contacts.team is not null and sizes.employees_count >= $least
                then contacts.team else '' end as unit,
            sizes.employees_count,
            case when contacts.resolved_at is not null
                then (contacts.reopen_count > 0)::integer end as reopened_share,
            case when contacts.is_known and not contacts.is_unknown
                    and contacts.last_contact_at < contacts.recontacts_decided_at
                then coalesce(date_diff('second', contacts.last_contact_at, contacts.next_at)
                              <= $recontact_days * 86400, false)::integer
                end as recontact_share,
            scores.score
        from contacts
        left join team_sizes as sizes on coalesce(contacts.team, '{NO_TEAM}') = sizes.team
        left join (
            select responses.case_id, round(favg(scored.score_normalised), 9) as score
            from intermediate.int_survey_responses_identified as responses
            join intermediate.int_survey_responses_scored as scored using (response_id)
            where responses.case_id is not null and responses.respondent_type = 'customer'
            group by responses.case_id
        ) as scores on contacts.case_id = scores.case_id
        where not contacts.is_mirror"""

# What a unit of too few employees did is left out.
_TRAINING_SQL = f"""
        with judged as (
            select *, date_trunc('month', opened_date)::date as month
            from ({_JUDGED})
            where (topic = $topic or $topic = 'all')
        ),
        units as (
            select unit from (select distinct unit, team, employees_count
                              from judged join compared_months using (month))
            group by unit having sum(employees_count) >= $least
        )
        select team is not distinct from $team as is_treated, month, person_key,
            case_id as event_key, reopened_share = 1 or recontact_share = 1 as is_event, score,
            cost::double as cost,
            (coalesce(reopened_share, recontact_share) is not null)::integer as exposure_count
        from judged join units using (unit)"""

_TEAMS_SQL = f"""
    with judged as ({_JUDGED}),
    measures as (
        unpivot (select team, unit, employees_count, topic, score,
                     reopened_share::double as reopened_share,
                     recontact_share::double as recontact_share
                 from judged where opened_date >= $first and not is_unknown)
        on score, reopened_share, recontact_share into name measure value value
    ),
    by_team as (
        select unit, team, topic, measure, any_value(employees_count) as employees_count,
            count(*) as n, fsum(value) as total, fsum(value * value) as squares
        from measures group by all
    ),
    units as (
        select unit, topic, measure, sum(n) as n, fsum(total) as total, fsum(squares) as squares
        from by_team group by all having sum(employees_count) >= $least
    ),
    totals as (
        select topic, measure, sum(n) as n, fsum(total) as total, fsum(squares) as squares
        from units group by all
    )
    select unit as team, topic, measure, units.n::bigint as cases_count,
        round(units.total, 9) as value_sum, round(units.squares, 9) as value_square_sum,
        (totals.n - units.n)::bigint as others_count,
        round(totals.total - units.total, 9) as others_sum,
        round(totals.squares - units.squares, 9) as others_square_sum
    from units join totals using (topic, measure)
    where unit in (select unnest($teams::varchar[]))
    order by team, topic, measure"""
