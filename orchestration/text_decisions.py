"""What people corrected about texts: `decisions/text.csv` in the company's folder.

One row says what a text's sentiment, topics, department, intent or urgency is; it outranks every
model, and models learn from it. On the form of the file see `decision_files.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
    read_seed,
    read_signature,
    signature,
)
from orchestration.settings import Settings

COLUMNS = ("text", "field", "value", "decided_by", "decided_at", "reason")
VALUES: Mapping[str, tuple[str, ...]] = {
    "sentiment": ("negative", "neutral", "positive"),
    "intent": ("complaint", "question", "praise", "idea", "cancellation_threat", "statement"),
    "urgency": ("low", "medium", "high"),
}
"""What a field may say, where the company cannot extend it."""

SEEDS: Mapping[str, str] = {"topic": "topics", "department": "departments"}
"""Fields whose values are the first column of a seed, the company's own or the shipped one."""

FIELDS = ("sentiment", "topic", "department", "intent", "urgency")
NAMED_ENTITIES = ("survey.answers", "survey.responses", "social.posts", "crm.cases",
                  "crm.research_notes")
"""What `source/reference` may name: whatever a feedback is made of."""

NO_TOPIC = "none"
TOPIC_DELIMITER = "|"

_TEXT_KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class TextDecision:
    """One row: what `field` of a text is; `row` counts the header.

    `text` is a text_key, or `source/reference` of a feedback, which the warehouse knows the text
    of. `values` holds one value; of `topic` all topics of the text, none of them where it has none.
    """

    row: int
    text: str
    field: str
    values: tuple[str, ...]
    decided_by: str
    decided_on: date
    reason: str


def text_decisions_file(settings: Settings) -> Path:
    """Where the corrections of texts lie."""
    return settings.company_folder / "decisions" / "text.csv"


def allowed_values(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What each field may say; topics and departments as the company's seeds have them.

    Raises:
        DecisionError: a seed cannot be read.
    """
    allowed = dict(VALUES)
    for field, seed in SEEDS.items():
        ids = [next(iter(row.values())) for row in read_seed(settings, seed)]
        allowed[field] = tuple(dict.fromkeys(filter(None, ids)))
    return allowed


def read_text_decisions(
    settings: Settings, allowed: Mapping[str, Collection[str]] | None = None,
) -> tuple[TextDecision, ...]:
    """Return the corrections in force, by text and field; without the file there are none.

    Of several rows about one field of one text the latest counts. Texts need not exist: a
    correction of one that has not been delivered yet waits for it.

    Args:
        settings: where the company's folder is.
        allowed: what each field may say; default: `allowed_values`.

    Raises:
        DecisionError: naming every row that cannot be used, or the rows that contradict each other.
    """
    path = text_decisions_file(settings)
    if not path.exists():
        return ()
    return parse_text_decisions(path.read_bytes(), str(path), allowed or allowed_values(settings))


def parse_text_decisions(
    content: bytes, name: str, allowed: Mapping[str, Collection[str]],
) -> tuple[TextDecision, ...]:
    """Read the content of a file of corrections; see `read_text_decisions`."""
    decisions, problems = [], []
    for row, cells in read_rows(content, name, COLUMNS):
        found = _read_row(row, cells, allowed)
        if isinstance(found, TextDecision):
            decisions.append(found)
        else:
            problems += found
    raise_problems(name, problems or _contradictions(decisions))
    return tuple(sorted(_latest(decisions).values(), key=lambda one: (one.text, one.field)))


def append_text_decision(
    settings: Settings, text: str, corrections: Mapping[str, str], *, by: str, on: date,
    reason: str, allowed: Mapping[str, Collection[str]] | None = None,
) -> int:
    """Add one row per corrected field, all of them or none.

    Args:
        settings: where the company's folder is.
        text: text_key, or source/reference of the feedback.
        corrections: value by field; several topics are parted by `|`.
        by: who decided.
        on: when.
        reason: why.
        allowed: what each field may say; default: `allowed_values`.

    Returns:
        Number of the last new row; the header is row 1.

    Raises:
        DecisionError: a row cannot be used, or contradicts the others; the file stays as it is.
    """
    path = text_decisions_file(settings)
    known = allowed or allowed_values(settings)
    rows = [{"text": text, "field": field, "value": value, **signature(by, on, reason)}
            for field, value in corrections.items()]
    return append_rows(path, COLUMNS, rows,
                       lambda content: parse_text_decisions(content, str(path), known))


def resolve_text_decisions(
    con: duckdb.DuckDBPyConnection, decisions: Collection[TextDecision], *,
    feedback: str = "intermediate.int_feedback_texts_unioned",
) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """The corrections of texts that are there, and the rows that wait for theirs.

    Where a text is named by its key and by a feedback that has it, the latest row counts.

    Args:
        con: engine that knows the relation.
        decisions: in force.
        feedback: relation with feedback_id, source_record_key and text_key of every feedback.

    Returns:
        One row per text and field: text_key, field, value (topics with `|` between; empty: none);
        and the numbers of the rows that wait.
    """
    named = [(one.row, key) for one in decisions for key in keys_of_text(one.text)]
    con.register("_named", pd.DataFrame(named, columns=["row", "key"]).astype({"key": "str"}))
    found: dict[int, set[str]] = {}
    # A join on one column at a time is a look-up; one on any of three compares every pair.
    joined = " union ".join(
        f"select named.row, feedback.text_key from _named as named "
        f"join {feedback} as feedback on named.key = feedback.{column}"
        for column in ("text_key", "feedback_id", "source_record_key"))
    for row, text_key in con.execute(joined).fetchall():
        found.setdefault(row, set()).add(text_key)
    con.unregister("_named")
    values = {(text_key, one.field): TOPIC_DELIMITER.join(one.values)
              for one in sorted(decisions, key=lambda one: (one.decided_on, one.row))
              for text_key in found.get(one.row, ())}
    frame = pd.DataFrame([(*key, value) for key, value in sorted(values.items())],
                         columns=["text_key", "field", "value"], dtype="str")
    return frame, tuple(sorted(one.row for one in decisions if one.row not in found))


def to_text_name(text: str) -> str | None:
    """A text_key, or `source/reference` without spaces around; None for anything else."""
    text = text.strip()
    if _TEXT_KEY.fullmatch(text.lower()):
        return text.lower()
    source, slash, reference = (part.strip() for part in text.partition("/"))
    return f"{source}/{reference}" if source and slash and reference else None


def is_text_key(text: str) -> bool:
    """Whether a text is named by its own words, and so only until they change."""
    return bool(_TEXT_KEY.fullmatch(to_text_name(text) or ""))


def keys_of_text(text: str) -> list[str]:
    """Keys by which a feedback may be known that has the text; none where it names no text."""
    text = to_text_name(text) or ""
    if not text or _TEXT_KEY.fullmatch(text):
        return [text] if text else []
    source, _, reference = text.partition("/")
    return [md5(f"{entity}|{source}|{reference}".encode()).hexdigest()
            for entity in NAMED_ENTITIES]


def _read_row(
    row: int, cells: Mapping[str, str], allowed: Mapping[str, Collection[str]],
) -> TextDecision | list[str]:
    """The correction of a row, or everything that is wrong with it."""
    problems = []
    text = to_text_name(cells["text"])
    if text is None:
        problems.append(f"row {row}, column text: names no text; write its text_key (32 digits and "
                        "letters a to f) or source/reference of the feedback as in survey/10023")
    field = cells["field"].lower()
    values: tuple[str, ...] = ()
    if field not in FIELDS:
        problems.append(f"row {row}, column field: unknown word; write {_either(FIELDS)}")
    else:
        given = cells["value"].lower().split(TOPIC_DELIMITER if field == "topic" else "\0")
        values = tuple(sorted({value.strip() for value in given}))
        if values == (NO_TOPIC,) and field == "topic":
            values = ()
        elif not set(values) <= set(allowed[field]):
            problems.append(f"row {row}, column value: no {field}; write {_either(allowed[field])}"
                            + (f", several of them with {TOPIC_DELIMITER} between, or {NO_TOPIC}"
                               if field == "topic" else ""))
    decided_on, unsigned = read_signature(row, cells)
    problems += unsigned
    if problems or not (text and decided_on):
        return problems
    return TextDecision(row, text, field, values, cells["decided_by"], decided_on, cells["reason"])


def _either(words: Collection[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _latest(decisions: Collection[TextDecision]) -> dict[tuple[str, str], TextDecision]:
    """The correction in force per text and field."""
    latest = {}
    for one in sorted(decisions, key=lambda one: (one.decided_on, one.row)):
        latest[one.text, one.field] = one
    return latest


def _contradictions(decisions: Collection[TextDecision]) -> list[str]:
    """Rows that say something else than the correction in force on the same date."""
    latest, problems = _latest(decisions), []
    for one in decisions:
        other = latest[one.text, one.field]
        if one.values != other.values and one.decided_on == other.decided_on:
            problems.append(f"rows {one.row} and {other.row}: two values of {one.field} for one "
                            "text on one date; correct or delete one of them, or write its true "
                            "date")
    return problems
