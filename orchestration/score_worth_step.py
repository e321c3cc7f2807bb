"""What a point of satisfaction is worth: the part of the impact step that compares scores.

Of each customer the first answer counts that has days enough before and after it: which answer is
looked at must not depend on what came later.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pandas as pd

from models_ml.score_worth import (
    Worth,
    informing_share,
    measure_worth,
    shuffles_look_like_chance,
)
from models_ml.tables_impact import SCORE_MEASURES, WORTH_OUTCOMES
from orchestration.impact_queries import MATCH_LEVELS, Facts, measure_windows, read_cells
from orchestration.initiative_effects import MODEL_VERSION

SHUFFLES = 20
ENOUGH_ALIKE = 0.8
"""Share of customers that must have somebody alike, before wider classes are taken."""


def measure_scores(
    con: duckdb.DuckDBPyConnection, facts: Facts | None, rules: dict[str, int],
) -> pd.DataFrame:
    """Rows of score_worth: every measure that somebody gave."""
    given = {measure for measure, in con.execute(
        "select distinct measure from intermediate.int_scores_measured").fetchall()}
    rows: list[dict[str, object]] = []
    for measure in SCORE_MEASURES:
        if measure in given:
            rows += _measure(con, measure, facts, rules)
    return pd.DataFrame(rows)


def _measure(
    con: duckdb.DuckDBPyConnection, measure: str, facts: Facts | None, rules: dict[str, int],
) -> list[dict[str, object]]:
    customers = 0
    if facts:
        customers = take_first_answers(
            con, measure, facts.first + timedelta(days=rules["earlier_days"]),
            facts.last - timedelta(days=rules["outcome_days"]))
    strata: tuple[str, ...] = ()
    cells: dict[str, pd.DataFrame] = {}
    if customers:
        measure_windows(con, "select * from first_answers", earlier_days=rules["earlier_days"],
                        later_days=rules["outcome_days"])
        # The last level where even it has too few alike.
        for strata in MATCH_LEVELS:
            cells = read_cells(con, WORTH_OUTCOMES, strata=strata, by=("score",))
            if informing_share(cells["value"]) >= ENOUGH_ALIKE:
                break
    found = {outcome: measure_worth(cells[outcome], least=2 * rules["customers_least"])
             if customers else None for outcome in WORTH_OUTCOMES}
    shuffled: list[dict[str, Worth | None]] = []
    if any(found.values()):
        seat_customers(con, strata)
        for deal in range(SHUFFLES):
            dealt = shuffle_scores(con, deal)
            shuffled.append({outcome: measure_worth(dealt[outcome]) for outcome in WORTH_OUTCOMES})
    rows: list[dict[str, object]] = []
    for outcome, worth in found.items():
        deals = [one for deal in shuffled if (one := deal[outcome])]
        verdict, reason = _judge(worth, deals, customers)
        estimates = [deal.estimate for deal in deals]
        rows.append({
            "measure": measure, "outcome": outcome, "window_days": rules["outcome_days"],
            "value_basis": facts.basis if facts else "margin",
            "worth": worth.estimate if worth else None,
            "worth_low": worth.low if worth else None,
            "worth_high": worth.high if worth else None,
            "standard_error": worth.standard_error if worth else None,
            "outcome_mean": worth.mean if worth else None, "customers_count": customers,
            "compared_count": worth.count if worth else 0,
            "shuffled_worth": sum(estimates) / len(estimates) if estimates else None,
            "shuffled_worth_low": min(estimates, default=None),
            "shuffled_worth_high": max(estimates, default=None),
            "shuffles_count": len(deals), "shuffles_shown": sum(deal.is_shown for deal in deals),
            "verdict": verdict, "verdict_reason": reason, "model_version": MODEL_VERSION})
    return rows


def take_first_answers(
    con: duckdb.DuckDBPyConnection, measure: str, first: date, last: date,
) -> int:
    """Make the table first_answers, a row per customer; return how many there are."""
    con.execute("""
        create or replace temp table first_answers as
        with answers as (
            select customer_id, responded_date, score, row_number() over (
                partition by customer_id order by responded_date, response_id) as place
            from intermediate.int_scores_measured
            join records on records.record_key = identity_record_key
            where measure = $1 and responded_date between $2 and $3
        )
        select customer_id, score, 'answer' as channel, responded_date as before_until,
            responded_date + 1 as after_from
        from answers where place = 1""", [measure, first, last])
    return int(con.execute("select count(*) from first_answers").fetchall()[0][0])


def seat_customers(con: duckdb.DuckDBPyConnection, strata: tuple[str, ...]) -> None:
    """Make the table seats: customers of `windows` numbered within their stratum."""
    keys = ", ".join(f"{expression} as key_{n}" for n, expression in enumerate(strata))
    names = ", ".join(f"key_{n}" for n in range(len(strata)))
    con.execute(f"""
        create or replace temp table seats as
        select customer_id, score, later_value, later_purchases, later_contacts, later_referrals,
            dense_rank() over (order by {names}) as stratum_number,
            row_number() over (partition by {names} order by customer_id) as seat
        from (select *, {keys} from windows) as keyed""")


def shuffle_scores(con: duckdb.DuckDBPyConnection, deal: int) -> dict[str, pd.DataFrame]:
    """Cells after the scores of each stratum were dealt anew among its customers.

    The order of dealing is a hash of the customer with the number of the deal: the same in every
    run, and on every machine.
    """
    con.execute(f"""
        create or replace temp table dealt as
        with cards as (
            select stratum_number, score, row_number() over (
                partition by stratum_number
                order by md5_number_lower(customer_id || '|' || {int(deal)}), customer_id) as seat
            from seats
        )
        select seats.* replace (cards.score as score)
        from seats join cards using (stratum_number, seat)""")
    return read_cells(con, WORTH_OUTCOMES, strata=("stratum_number",), by=("score",),
                      source="dealt")


def _judge(worth: Worth | None, deals: list[Worth], customers: int) -> tuple[str, str | None]:
    """Verdict on a worth, and why nothing is said."""
    if worth is None:
        return "cannot_be_said", "too_few" if customers else "history_too_short"
    if not shuffles_look_like_chance(sum(deal.is_shown for deal in deals), len(deals)):
        return "cannot_be_said", "shuffled_scores_matter"
    return ("effect_shown" if worth.is_shown else "no_effect_shown"), None
