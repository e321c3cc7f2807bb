"""What people decided to improve: `decisions/improvements.csv` in the company's folder.

One row decides on an issue of the improvement register: a topic somewhere, a help article, or a
team's training. On the form of the file see `decision_files.py`; what became of the decisions
belongs to `improvement_step.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from models_ml.frames import conform
from models_ml.tables import TABLES
from models_ml.tables_improvements import DIMENSIONS
from models_ml.training_needs import ALL_TOPICS
from orchestration.decision_files import raise_problems, read_rows, read_seed, read_signature
from orchestration.settings import Settings

COLUMNS = ("kind", "issue", "decision", "owner", "from", "state", "decided_by", "decided_at",
           "reason")
KIND_WORDS = {"issue": "issue", "problem": "issue", "article": "article", "artikel": "article",
              "training": "training", "schulung": "training"}
STATE_WORDS = {
    "decided": "decided", "beschlossen": "decided", "started": "started", "begonnen": "started",
    "done": "done", "published": "done", "erledigt": "done", "veröffentlicht": "done",
    "postponed": "postponed", "zurückgestellt": "postponed", "rejected": "rejected",
    "abgelehnt": "rejected",
}
IN_FORCE = ("decided", "started", "done")
"""States of which an effect can be expected."""


@dataclass(frozen=True)
class Improvement:
    """One row of the file."""

    row: int
    kind: str
    issue: str
    decision: str
    owner: str
    effective_from: date | None
    state: str
    decided_on: date


def improvements_file(settings: Settings) -> Path:
    """Where the decisions lie."""
    return settings.company_folder / "decisions" / "improvements.csv"


def read_improvements(settings: Settings) -> tuple[Improvement, ...]:
    """Return the decisions, of several about one issue the latest; none without the file.

    Raises:
        DecisionError: naming every row that cannot be used.
    """
    path = improvements_file(settings)
    if not path.exists():
        return ()
    topics = {row["topic"] for row in read_seed(settings, "topics")}
    reasons = {row["reason"] for row in read_seed(settings, "case_reasons")}
    return parse_improvements(path.read_bytes(), str(path), topics, reasons)


def to_frame(
    improvements: Collection[Improvement], known: Collection[tuple[str, str]],
) -> pd.DataFrame:
    """The decisions as rows of the ML table improvement_decisions.

    Args:
        improvements: the decisions.
        known: kind and key of those whose place or team there is in the data.
    """
    return conform(pd.DataFrame(
        [(one.kind, one.issue, one.decision, one.owner or None, one.effective_from, one.state,
          one.decided_on, one.row, (one.kind, one.issue) in known) for one in improvements],
        columns=[column.name for column in TABLES["improvement_decisions"].columns],
    ), TABLES["improvement_decisions"])


def parse_improvements(
    content: bytes, name: str, topics: Collection[str], reasons: Collection[str],
) -> tuple[Improvement, ...]:
    """Read the content of a file of improvements; see `read_improvements`.

    Args:
        content: of the file.
        name: of the file, for errors.
        topics: topics that an issue or a training may be about.
        reasons: reasons of contacts that an article may be about.
    """
    latest: dict[tuple[str, str], Improvement] = {}
    problems: list[str] = []
    for row, cells in read_rows(content, name, COLUMNS):
        found = _read_row(row, cells, topics, reasons)
        if isinstance(found, Improvement):
            before = latest.get((found.kind, found.issue))
            if before is None or before.decided_on <= found.decided_on:
                latest[found.kind, found.issue] = found
        else:
            problems += found
    raise_problems(name, problems)
    return tuple(latest.values())


def split_issue(kind: str, issue: str) -> tuple[str, ...]:
    """Parts of a key: (topic) or (topic, dimension, value); (reason); (team, topic)."""
    if kind == "issue":
        return tuple(issue.split("/", 2))
    if kind == "training":
        return tuple(issue.rsplit("/", 1))
    return (issue,)


def _read_row(
    row: int, cells: dict[str, str], topics: Collection[str], reasons: Collection[str],
) -> Improvement | list[str]:
    """The decision of a row, or everything that is wrong with it."""
    problems = []
    kind, state = KIND_WORDS.get(cells["kind"].lower()), STATE_WORDS.get(cells["state"].lower())
    if kind is None:
        problems.append(f"row {row}, column kind: write issue, article or training")
    elif not _is_issue(kind, cells["issue"], topics, reasons):
        problems.append(f"row {row}, column issue: {_HINTS[kind]}, as the improvement register "
                        "writes it")
    if state is None:
        problems.append(f"row {row}, column state: write decided, started, done, postponed or "
                        "rejected")
    if not cells["decision"]:
        problems.append(f"row {row}, column decision: empty; write what is to be done")
    effective_from = None
    if cells["from"]:
        # The same forms of a date as of the signature.
        effective_from, _ = read_signature(row, {**cells, "decided_at": cells["from"]})
        if effective_from is None:
            problems.append(f"row {row}, column from: no date; write the first day as 2026-03-31 "
                            "or 31.03.2026")
    elif state in ("started", "done"):
        problems.append(f"row {row}, column from: empty; write from when it holds")
    decided_on, unsigned = read_signature(row, cells)
    problems += unsigned
    if problems or kind is None or state is None or decided_on is None:
        return problems
    return Improvement(row, kind, cells["issue"], cells["decision"], cells["owner"],
                       effective_from, state, decided_on)


_HINTS = {"issue": "write topic/dimension/value, or a topic of the seed topics alone",
          "article": "write the reason of the contacts, of the seed case_reasons",
          "training": f"write team/topic, a topic of the seed topics or {ALL_TOPICS}"}


def _is_issue(
    kind: str, issue: str, topics: Collection[str], reasons: Collection[str],
) -> bool:
    parts = split_issue(kind, issue)
    if not all(parts):
        return False
    if kind == "article":
        return issue in reasons
    if kind == "training":
        return len(parts) == 2 and (parts[1] in topics or parts[1] == ALL_TOPICS)
    return parts[0] in topics and (len(parts) == 1 or (len(parts) == 3 and parts[1] in DIMENSIONS))
