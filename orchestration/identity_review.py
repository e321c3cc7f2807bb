"""What a person may do about identity: look at doubtful pairs, decide, look at the match model."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

import duckdb

from models_ml.matching import MatchModel
from orchestration.decisions import COLUMNS, Decision
from orchestration.explain import count, describe_record, rows_of, table, weighed

REASONS = {
    "unsure": "likely one person, but not sure enough to join",
    "cut_bridge": "tied, but cut: the only and weak tie between two groups",
    "cut_size": "tied, but cut: the customer would have more records than the limit",
    "cut_conflict": "tied, but cut: names or birth dates conflict, or were never compared",
}


def list_review(
    con: duckdb.DuckDBPyConnection, *, decisions: Sequence[Decision], top: int, today: date,
    reveal: bool = False,
) -> list[str]:
    """The pairs that a person should look at, the most valuable first, as lines of text.

    A pair that has been decided since the last run is left out.

    Args:
        con: the warehouse.
        decisions: in force.
        top: most pairs shown.
        today: date of the line to paste.
        reveal: show personal data as it is.
    """
    decided = {(one.left, one.right) for one in decisions}
    pairs = rows_of(con, "select * from marts.identity_review order by review_rank")
    waiting = [pair for pair in pairs
               if (pair["left_record_key"], pair["right_record_key"]) not in decided]
    lines = [f"{count(len(waiting), 'pair')} to review, "
             f"{len(pairs) - len(waiting):,} more decided since the last run"]
    for number, pair in enumerate(waiting[:top], 1):
        lines += ["", f"{number}. {REASONS[pair['review_reason']]}: "
                  f"{weighed(pair['match_score'], pair['match_weight'])}; "
                  f"{pair['revenue_at_stake']:,.2f} {pair['currency']} at stake"]
        for side in ("left", "right"):
            described = describe_record(con, pair[f"{side}_record_key"], reveal=reveal)
            lines += [f"   {side:<5}  {_name(pair, side)}: {described}",
                      f"   {'':<5}  customer {pair[f'{side}_customer_id']}"]
        lines.append("   paste  " + decision_line(
            "same", pair["left_record_key"], pair["right_record_key"], today))
    return lines


def decision_line(decision: str, left: str, right: str, on: date) -> str:
    """Row of the decisions' file, with WHO and WHY to be filled in."""
    cells = dict(zip(COLUMNS, (decision, left, right, "WHO", on.isoformat(), "WHY"), strict=True))
    line = io.StringIO()
    csv.DictWriter(line, COLUMNS, delimiter=";", lineterminator="").writerow(cells)
    return line.getvalue()


def describe_model(model: MatchModel) -> list[str]:
    """What a fitted match model says, as lines of text; it holds no value of a record."""
    records = model.records_count
    lines = [
        f"version     {model.version}",
        f"records     {records:,}, {records * (records - 1) // 2:,} pairs",
        f"matches     {model.matches_count:,.0f} expected",
        f"prior       {model.prior:.3g}: two records drawn at random are one person",
        f"fitted      {', '.join(model.fitted_by) or 'nothing; too few records that agree'}",
        "",
    ]
    rows = [("comparison", "outcome", "one person", "strangers", "bits")]
    last = ""
    for comparison, level, same, strangers, bits in model.weights():
        rows.append(("" if comparison == last else comparison.replace("_", " "), level,
                     f"{same:10.4f}", f"{strangers:9.5f}", f"{bits:+6.1f}"))
        last = comparison
    return lines + table(rows)


def _name(pair: dict[str, object], side: str) -> str:
    reference = pair[f"{side}_source_record_ref"]
    return f"{pair[f'{side}_source_system']}/{reference}" if reference else (
        f"{pair[f'{side}_source_system']}, known by its identifiers")
