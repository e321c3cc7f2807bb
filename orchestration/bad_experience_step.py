"""What a bad experience costs: the part of the impact step that compares matched customers.

Of each customer the first experience of a sort counts (a delivery, an answer, a case) that has days
enough before and after it: bad for one, not bad for those compared. What comes later starts for
both when the days are over within which it had to become bad: else the bad ones would be those of
customers who stayed to see it. Whether more bad ones followed is part of what happened later; to
leave such customers out would leave out those who stayed.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pandas as pd

from models_ml.stratified_effects import (
    Effect,
    compare_strata,
    matched_share,
    measure_balance,
)
from models_ml.tables_impact import WORTH_OUTCOMES
from orchestration.impact_queries import (
    MATCH_LEVELS,
    Facts,
    ends_of,
    measure_windows,
    read_cells,
)
from orchestration.initiative_effects import MODEL_VERSION, describe_effect

ENOUGH_MATCHED = 0.8
"""Share of the treated that must have somebody alike, before wider classes are taken."""
BALANCED = 0.25
"""Standard deviations of earlier value that matched sides may differ by (Rubin 2001)."""
YEAR_DAYS = 365


def measure_bad_experiences(
    con: duckdb.DuckDBPyConnection, facts: Facts | None, rules: dict[str, int],
) -> pd.DataFrame:
    """Rows of bad_experience_costs: every kind of the seed of which there are experiences."""
    kinds = con.execute("select distinct kind from intermediate.int_experiences_judged "
                        "order by kind").fetchall()
    rows: list[dict[str, object]] = []
    for kind, in kinds:
        rows += _measure(con, kind, facts, rules)
    return pd.DataFrame(rows)


def _measure(
    con: duckdb.DuckDBPyConnection, kind: str, facts: Facts | None, rules: dict[str, int],
) -> list[dict[str, object]]:
    customers, bad, yearly = 0, 0, 0
    if facts:
        customers, bad = take_first_experiences(
            con, kind, facts.first + timedelta(days=rules["earlier_days"]),
            facts.last - timedelta(days=rules["outcome_days"]))
        yearly = count_bad(con, kind, facts.last, rules["outcome_days"])
    found: dict[str, Effect | None] = dict.fromkeys(WORTH_OUTCOMES)
    shared: dict[str, object] = {
        "kind": kind, "window_days": rules["outcome_days"],
        "value_basis": facts.basis if facts else "margin", "bad_count": bad,
        "yearly_count": yearly, "model_version": MODEL_VERSION}
    level, balance = 0, None
    if min(bad, customers - bad) >= rules["customers_least"]:
        measure_windows(con, "select * from first_experiences",
                        earlier_days=rules["earlier_days"], later_days=rules["outcome_days"])
        cells: dict[str, pd.DataFrame] = {}
        while level < len(MATCH_LEVELS) and (
                not level or matched_share(cells["value"]) < ENOUGH_MATCHED):
            cells = read_cells(con, WORTH_OUTCOMES, strata=MATCH_LEVELS[level], by=("is_treated",))
            level += 1
        found = {outcome: compare_strata(cells[outcome], weights="treated",
                                         least=rules["customers_least"], ends=ends_of(outcome))
                 for outcome in WORTH_OUTCOMES}
        balance = measure_balance(read_cells(
            con, ("earlier_value",), strata=MATCH_LEVELS[level - 1],
            by=("is_treated",))["earlier_value"])
    rows = []
    for outcome, effect in found.items():
        verdict, reason = _judge(effect, balance, customers)
        rows.append({
            **shared, "outcome": outcome, **describe_effect(effect),
            "treated_mean": effect.treated_mean if effect else None,
            "comparison_mean": effect.comparison_mean if effect else None,
            "match_level": level if effect else None, "balance": balance if effect else None,
            "verdict": verdict, "verdict_reason": reason})
    return rows


def _judge(effect: Effect | None, balance: float | None, customers: int) -> tuple[str, str | None]:
    """Verdict on an effect, and why nothing is said."""
    if effect is None:
        return "cannot_be_said", "too_few" if customers else "history_too_short"
    if balance is not None and abs(balance) > BALANCED:
        return "cannot_be_said", "sides_differ"
    return ("effect_shown" if effect.is_shown else "no_effect_shown"), None


def take_first_experiences(
    con: duckdb.DuckDBPyConnection, kind: str, first: date, last: date,
) -> tuple[int, int]:
    """Make the table first_experiences; return how many customers, and of how many it was bad.

    They lie on the day `first` or later, and are judged until `last`. Who had a bad one before is
    left out: for them it would not be the first.
    """
    con.execute("""
        create or replace temp table first_experiences as
        with experiences as (
            select customer_id, experienced_date, judged_date, channel, is_bad,
                experienced.record_key
            from intermediate.int_experiences_judged as experienced
            join records on records.record_key = identity_record_key
            where kind = $1 and judged_date <= $3
        ),
        numbered as (
            select *, row_number() over (
                partition by customer_id order by experienced_date, record_key) as place
            from experiences where experienced_date >= $2
        )
        select customer_id, channel, is_bad as is_treated, experienced_date as before_until,
            judged_date + 1 as after_from
        from numbered
        where place = 1 and customer_id not in (
            select customer_id from experiences where is_bad and experienced_date < $2)""",
        [kind, first, last])
    customers, bad = con.execute("select count(*), count(*) filter (is_treated) "
                                 "from first_experiences").fetchall()[0]
    return customers, bad


def count_bad(con: duckdb.DuckDBPyConnection, kind: str, last: date, window_days: int) -> int:
    """Bad experiences of customers in the last year that did not follow another one.

    One in the window of days after another is part of what that one cost.
    """
    return int(con.execute("""
        with bad as (
            select judged_date, lag(judged_date) over (
                partition by customer_id order by judged_date) as previous_date
            from intermediate.int_experiences_judged
            join records on records.record_key = identity_record_key
            where kind = $1 and is_bad and judged_date <= $3
        )
        select count(*) from bad
        where judged_date > $2 and (previous_date is null or previous_date < judged_date - $4)""",
        [kind, last - timedelta(days=YEAR_DAYS), last, window_days]).fetchall()[0][0])
