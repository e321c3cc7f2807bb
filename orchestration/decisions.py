"""What people decided about identity: `decisions/identity.csv` in the company's folder.

One row says that two records are the `same` person or `different` ones; it outranks every rule and
every score. On the form of the file see `decision_files.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.decision_files import (
    append_rows,
    raise_problems,
    read_rows,
    read_signature,
    signature,
)
from orchestration.settings import Settings

COLUMNS = ("decision", "left_record", "right_record", "decided_by", "decided_at", "reason")
WORDS = ("same", "different")
NAMED_ENTITY = "crm.customers"
"""What `source/reference` names; any other record goes by its record key."""

_RECORD_KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Decision:
    """One row: `left` and `right` are record keys, the smaller first; `row` counts the header."""

    row: int
    decision: str
    left: str
    right: str
    decided_by: str
    decided_on: date
    reason: str


def decisions_file(settings: Settings) -> Path:
    """Where the decisions lie."""
    return settings.company_folder / "decisions" / "identity.csv"


def read_decisions(settings: Settings) -> tuple[Decision, ...]:
    """Return the decisions in force, by pair of records; without the file there are none.

    Of several rows about one pair the latest counts. Records need not exist: a decision about one
    that has not been delivered yet waits for it (`find_waiting`).

    Raises:
        DecisionError: naming every row that cannot be used, or the rows that contradict each other.
    """
    path = decisions_file(settings)
    return parse_decisions(path.read_bytes(), str(path)) if path.exists() else ()


def read_identity_decisions(settings: Settings) -> pd.DataFrame:
    """Return the decisions in force, one row per pair of records, for the engine.

    Columns: decision, left_record_key, right_record_key (the smaller key is left), is_same.

    Raises:
        DecisionError: see `read_decisions`.
    """
    rows = [(one.decision, one.left, one.right) for one in read_decisions(settings)]
    frame = pd.DataFrame(
        rows, columns=["decision", "left_record_key", "right_record_key"], dtype="str")
    return frame.assign(is_same=(frame["decision"] == "same").astype("bool"))


def find_waiting(
    con: duckdb.DuckDBPyConnection, decisions: Iterable[Decision], *,
    records: str = "intermediate.int_identity_records_unioned",
) -> tuple[int, ...]:
    """Rows of decisions that wait for a record.

    Args:
        con: engine that knows the relation.
        decisions: in force.
        records: relation with the record_key of every identity record.
    """
    decisions = tuple(decisions)
    named = sorted({key for one in decisions for key in (one.left, one.right)})
    present = {row[0] for row in con.execute(
        f"select record_key from {records} where record_key in (select unnest($1::varchar[]))",
        [named]).fetchall()}
    return tuple(sorted(one.row for one in decisions if not {one.left, one.right} <= present))


def to_record_key(text: str) -> str | None:
    """Record key of `source/reference` or of a record key itself; None for anything else."""
    text = text.strip()
    if _RECORD_KEY.fullmatch(text.lower()):
        return text.lower()
    source, slash, reference = (part.strip() for part in text.partition("/"))
    if not (source and slash and reference):
        return None
    return md5(f"{NAMED_ENTITY}|{source}|{reference}".encode()).hexdigest()


def parse_decisions(content: bytes, name: str) -> tuple[Decision, ...]:
    """Read the content of a file of decisions; see `read_decisions`, on its form `read_rows`."""
    decisions, problems = [], []
    for row, cells in read_rows(content, name, COLUMNS):
        found = _read_row(row, cells)
        if isinstance(found, Decision):
            decisions.append(found)
        else:
            problems += found
    raise_problems(name, problems or _contradictions(decisions))
    decisions = _latest(decisions)
    raise_problems(name, _contradictory_chains(decisions))
    return tuple(sorted(decisions, key=lambda one: (one.left, one.right)))


def append_decision(
    settings: Settings, decision: str, left: str, right: str, *, by: str, on: date, reason: str,
) -> int:
    """Add a row to the file, in the form the file has, and move it into place.

    Returns:
        Number of the new row; the header is row 1.

    Raises:
        DecisionError: the row cannot be used, or contradicts the others; the file stays as it is.
    """
    path = decisions_file(settings)
    row = {"decision": decision, "left_record": left, "right_record": right,
           **signature(by, on, reason)}
    return append_rows(path, COLUMNS, [row], lambda content: parse_decisions(content, str(path)))


def _read_row(row: int, cells: dict[str, str]) -> Decision | list[str]:
    """The decision of a row, or everything that is wrong with it."""
    problems = []
    decision = cells["decision"].lower()
    if decision not in WORDS:
        problems.append(f"row {row}, column decision: unknown word; write {' or '.join(WORDS)}")
    keys: dict[str, str | None] = {}
    for column in ("left_record", "right_record"):
        keys[column] = to_record_key(cells[column])
        if keys[column] is None:
            problems.append(f"row {row}, column {column}: names no record; write its record key "
                            "(32 digits and letters a to f) or source/reference as in crm/10023")
    left, right = keys["left_record"], keys["right_record"]
    if left and left == right:
        problems.append(f"row {row}, column right_record: the same record as in left_record; name "
                        "the other one")
    decided_on, unsigned = read_signature(row, cells)
    problems += unsigned
    if problems or not (left and right and decided_on):
        return problems
    return Decision(row, decision, min(left, right), max(left, right), cells["decided_by"],
                    decided_on, cells["reason"])


def _latest(decisions: list[Decision]) -> list[Decision]:
    """The decision in force per pair."""
    latest: dict[tuple[str, str], Decision] = {}
    for one in sorted(decisions, key=lambda one: (one.decided_on, one.row)):
        latest[one.left, one.right] = one
    return list(latest.values())


def _contradictions(decisions: list[Decision]) -> list[str]:
    """Rows that say the opposite of the decision in force on the same date."""
    in_force = {(one.left, one.right): one for one in _latest(decisions)}
    problems = []
    for one in decisions:
        other = in_force[one.left, one.right]
        if one.decision != other.decision and one.decided_on == other.decided_on:
            problems.append(f"rows {one.row} and {other.row}: same and different for one pair on "
                            "one date; correct or delete one of them, or write its true date")
    return problems


def _contradictory_chains(decisions: list[Decision]) -> list[str]:
    """Pairs that are different although a chain of `same` ties them."""
    ties: dict[str, list[tuple[str, int]]] = {}
    for one in decisions:
        if one.decision == "same":
            ties.setdefault(one.left, []).append((one.right, one.row))
            ties.setdefault(one.right, []).append((one.left, one.row))
    problems = []
    for one in sorted(decisions, key=lambda one: one.row):
        chain = _chain(ties, one.left, one.right) if one.decision == "different" else None
        if chain:
            rows = ", ".join(map(str, sorted(chain)))
            problems.append(
                f"row {one.row} says different, but rows {rows} together say same; correct or "
                "delete one of them")
    return problems


def _chain(ties: dict[str, list[tuple[str, int]]], start: str, goal: str) -> list[int] | None:
    """Rows of a shortest chain of `same` from one record to another."""
    chains: dict[str, list[int]] = {start: []}
    waiting = [start]
    for record in waiting:
        if record == goal:
            return chains[record]
        for neighbour, row in ties.get(record, ()):
            if neighbour not in chains:
                chains[neighbour] = [*chains[record], row]
                waiting.append(neighbour)
    return None
