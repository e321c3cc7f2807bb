"""Which column of the contract a column of an extract may fill, how surely, and why.

By its name (`vocabulary.yml`) and by its values. What does **not** belong here: which entity a file
holds (`choosing.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingestion import contract
from ingestion.contract import ENTITIES, Entity
from ingestion.inspection.profiling import Column
from ingestion.inspection.vocabulary import vocabulary

# Texts of letters; numbers in them mean that the column is another one.
_WORDS_ONLY = {"first_name", "last_name", "company_name", "city", "street", "name", "title",
               "author_handle", "industry", "brand", "supplier", "subject", "topic", "wording"}
_NUMBERED = re.compile(r"[A-Za-z]{1,3}\d+")  # Q4STORE: exports of surveys number their questions
_SHARE = re.compile(r"%|prozent|percent|\bpct\b", re.IGNORECASE)  # of an amount, and no amount
_UNNAMED_NUMBER = 0.8  # a number whose name does not say that it identifies something
_CODED_NUMBER = 0.85  # a number may be the code of a word
_WORTH = {"id": 0.05, "code": 0.05, "name": 0.05, "unique": 0.0}  # what an extra concept costs
_KNOWN_EXTRA, _UNKNOWN_EXTRA = 0.2, 0.1
_LATER_PATTERN = 0.05
_LEAST = 0.3
_ADDRESS = 0.4
_OWN_NAME = 0.6  # a number called what it counts: Ticket, Debitor
_SENTENCE = 4  # words of a name that is a question as it was asked


@dataclass(frozen=True)
class Match:
    """A column of an extract for a column of an entity: score in 0..1 and the reason."""

    source: str
    entity: str
    column: str
    score: float
    why: str


def matches(column: Column, entity: Entity, wanted: tuple[str, ...] = ()) -> list[Match]:
    """What the column may fill in the entity, best first.

    Args:
        column: a column of an extract.
        entity: an entity of the contract.
        wanted: columns of the entity to look at; default: all.
    """
    found = [_match(column, entity, target) for target in entity.columns
             if not wanted or target.name in wanted]
    return sorted((match for match in found if match), key=lambda m: (-m.score, m.column))


def _match(column: Column, entity: Entity, target: contract.Column) -> Match | None:
    fit = _fit(column, target)
    if not fit:
        return None
    by_name, words = _by_name(column, entity, target.name)
    by_value, seen = _by_value(column, entity.name, target)
    why = f"values: {seen}"
    if words:
        why = f"name: {words}" + (f"; values: {seen}" if by_value else "")
        by_name = min(1.0, by_name * fit + (0.1 if by_value else 0))
    score = max(by_name, by_value)
    if score < _LEAST:
        return None
    return Match(column.name, entity.name, target.name, round(score, 3), why)


def _by_name(column: Column, entity: Entity, target: str) -> tuple[float, str]:
    """How well a name fits, and the words that do."""
    said = set(column.concepts)
    best, words = 0.0, ""
    for place, pattern in enumerate(vocabulary().patterns(entity.name, target)):
        if not pattern <= said:
            continue
        extra = said - pattern - vocabulary().subjects[entity.name]
        if column.is_moment:
            extra -= {"date"}
        if column.is_number:
            extra -= {"amount"}
        cost = sum(_WORTH.get(concept, _UNKNOWN_EXTRA if concept.startswith("?")
                              else _KNOWN_EXTRA) for concept in extra)
        score = max(0.2, 1 - cost) * max(0.6, 1 - _LATER_PATTERN * place)
        if score > best:
            best, words = score, " ".join(sorted(pattern))
    return best, words


def _by_value(column: Column, entity: str, target: contract.Column) -> tuple[float, str]:
    """What values alone say, and in which words."""
    if target.name == "email" and column.kind == "email":
        return 0.8, "e-mail addresses"
    if target.name == "phone" and column.kind == "phone":
        return 0.6, "phone numbers"
    if target.name in ("text", "subject") and column.kind == "text":
        return (0.45, "sentences") if target.name == "text" else (_LEAST, "sentences")
    if target.name == "rating" and column.kind == "integer" and len(column.codes) > 1:
        return 0.35, "few whole numbers"
    if target.name == "score" and is_rating(column):
        return (0.7, "a question answered on a scale") if _is_question(column) else (
            0.35, "a scale of whole numbers")
    if target.name == "text" and entity == "survey.answers" and _is_question(column) and (
            column.kind in ("text", "word")):
        return 0.6, "a question answered in words"
    if target.name in ("page", "thread_ref") and column.kind == "url":
        return 0.5, "web addresses"
    return 0.0, ""


def _is_question(column: Column) -> bool:
    """Whether a column has the wording of a question for its name, as exports of surveys do."""
    words = column.name.split()
    return len(words) >= _SENTENCE and (column.name.rstrip().endswith("?")
                                        or len(words) > 2 * _SENTENCE)


def is_rating(column: Column) -> bool:
    """Whole numbers on a scale of 1 to 5, or of more steps up to 10 (11 and 0 are often codes)."""
    return (column.kind == "integer" and not column.has_leading_zero
            and all(0 <= code <= 11 for code in column.codes)
            and len(column.codes & {1, 2, 3, 4, 5}) >= 4)


def _fit(column: Column, target: contract.Column) -> float:
    """1 where the values can be what the contract wants, 0 where they cannot."""
    if column.kind == "empty":
        return 0.5
    if target.type in ("timestamp", "date"):
        return float(column.is_moment)
    if target.type in ("integer", "decimal", "double"):
        if _SHARE.search(column.name) and target.name.endswith(("_amount", "_price", "_cost")):
            return 0.0
        is_whole = column.kind == "integer"
        return float(column.is_number and (is_whole or target.type != "integer"))
    if target.type == "boolean":
        return float(column.is_boolean)
    if target.pii == "text":
        return float(column.kind in ("text", "word"))
    if column.is_moment or (column.kind == "text" and target.name not in ("wording", "name")):
        return 0.0
    if target.name == "email":
        return float(column.kind == "email")
    if target.name == "phone":
        return float(column.kind in ("phone", "code", "integer"))
    if target.references or target.name.endswith(("_id", "_number", "_ref", "coupon_code")):
        if target.name == "thread_ref" and column.kind == "url":
            return 1.0
        is_named = bool({"id", "code"} & set(column.concepts))
        if column.kind == "integer" and not is_named:  # an answer or an amount, rather
            return 0.0 if _NUMBERED.match(column.name) else _UNNAMED_NUMBER
        return float(column.kind in ("integer", "code", "word"))
    if target.name in _WORDS_ONLY:
        return 1.0 if column.kind in ("word", "text", "code") else 0.0
    if target.name == "page" and column.kind == "url":
        return 1.0
    if column.kind in ("decimal", "email", "url", "phone", "time"):
        return 0.0
    return _CODED_NUMBER if column.kind == "integer" and target.name != "postal_code" else 1.0


def own_key_score(column: Column, entity: str) -> float:
    """How much a column looks like the key of the entity's own records, 0..1."""
    said = set(column.concepts) - {"unique", "code"}
    if entity == "survey.responses":  # some call a response the answer
        said -= {"answer"}
    if entity == "social.posts" and column.kind == "url" and column.is_unique:
        return _ADDRESS  # of the post
    if column.kind not in ("integer", "code", "word", "email") or column.filled < column.rows * 0.5:
        return 0.0
    if all(concept.startswith("?") for concept in said):  # nameless, but unlike in every row
        return 0.4 if column.is_unique and column.kind in ("integer", "code") else 0.0
    if not said & {"id"} and "code" not in column.concepts:
        is_number = column.is_unique and column.kind in ("integer", "code")
        return _OWN_NAME if is_number and said <= vocabulary().subjects[entity] else 0.0
    rest = said - {"id"}
    if not rest:
        return 0.9
    if rest <= vocabulary().subjects[entity]:
        return 1.0
    return 0.3 if rest & vocabulary().subjects[entity] else 0.0


def pii_class(column: Column, target: tuple[str, str] | None) -> str:
    """What a column says about a person: by the contract, else by its values and its name."""
    if target:
        entity, name = target
        return "none" if name == "updated_at" else ENTITIES[entity].column(name).pii
    if column.kind in ("email", "phone") or set(column.concepts) & vocabulary().outside:
        return "direct"
    return "text" if column.kind in ("text", "url") else "unknown"
