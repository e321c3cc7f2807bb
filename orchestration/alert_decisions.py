"""Which alerts somebody has taken on: `decisions/alerts.csv` in the company's folder.

One row acknowledges one alert: its state is no longer new, the check is satisfied, and nobody is
told again. On the form of the file see `decision_files.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from orchestration.decision_files import (
    DecisionError,
    append_rows,
    raise_problems,
    read_rows,
    read_signature,
    signature,
)
from orchestration.settings import Settings

COLUMNS = ("alert_id", "decided_by", "decided_at", "reason")
_ALERT_ID = re.compile("[0-9a-f]{12}")


def alert_decisions_file(settings: Settings) -> Path:
    """Where the decisions lie."""
    return settings.company_folder / "decisions" / "alerts.csv"


def read_acknowledged(settings: Settings) -> dict[str, date]:
    """Alerts that were acknowledged, with the first day it was done; none without the file.

    An alert need not exist: it may be one of another as-of date.

    Raises:
        DecisionError: naming every row that cannot be used.
    """
    path = alert_decisions_file(settings)
    return parse_acknowledged(path.read_bytes(), str(path)) if path.exists() else {}


def parse_acknowledged(content: bytes, name: str) -> dict[str, date]:
    """Read the content of the file; see `read_acknowledged`. `name` is for errors."""
    found: dict[str, date] = {}
    problems: list[str] = []
    for row, cells in read_rows(content, name, COLUMNS):
        identifier = cells["alert_id"].lower()
        decided_on, unsigned = read_signature(row, cells)
        if not _ALERT_ID.fullmatch(identifier):
            problems.append(f"row {row}, column alert_id: no id of an alert; `cx360 alerts` lists "
                            "them, twelve digits and letters a to f")
        problems += unsigned
        if decided_on:
            found[identifier] = min(decided_on, found.get(identifier, decided_on))
    raise_problems(name, problems)
    return found


def append_acknowledgement(
    settings: Settings, identifier: str, *, known: Mapping[str, str], by: str, on: date,
    reason: str,
) -> int:
    """Add a row to the file.

    Args:
        settings: whose company decides.
        identifier: of the alert.
        known: ids of alerts that can be acknowledged -> their state.
        by: who decided.
        on: when.
        reason: why.

    Returns:
        Number of the row; the header is row 1.

    Raises:
        DecisionError: no such alert, or it is over.
    """
    state = known.get(identifier.lower())
    if state is None:
        raise DecisionError(f"{identifier} is no alert of the last run; `cx360 alerts` lists them")
    if state == "over":
        raise DecisionError(f"{identifier} is over: there is nothing to take on")
    path = alert_decisions_file(settings)
    return append_rows(
        path, COLUMNS, [{"alert_id": identifier.lower(), **signature(by, on, reason)}],
        lambda content: parse_acknowledged(content, str(path)))
