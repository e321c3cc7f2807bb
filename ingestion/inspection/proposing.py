"""The tables of a declaration for one file: what was chosen, as mappings with their reasons.

What does **not** belong here: choosing the entity (`choosing.py`) and writing YAML (`writing.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingestion import contract
from ingestion.contract import ENTITIES
from ingestion.conversion import FALSE_WORDS, TRUE_WORDS
from ingestion.inspection.choosing import Choice
from ingestion.inspection.matching import Match
from ingestion.inspection.profiling import Column
from ingestion.inspection.vocabulary import plain, vocabulary
from ingestion.moments import EXCEL_FORMAT

SURE, LIKELY = 0.85, 0.55
PLACEHOLDER = "CORRECT THIS: "
_DOUBTFUL = 0.5
_MOST_CODES = 25
_CONSTANTS = {"timestamp": "1900-01-01", "date": "1900-01-01", "boolean": "false",
              "string": "unknown", "integer": "0", "decimal": "0", "double": "0"}
_ON_THE_WHOLE = {"satisfaction", "overall", "amount", "customer", "score", "survey"}
_DELETED_FLAG = re.compile(
    r"(is|ist|was)?[ _.-]?(deleted|removed|geloescht|geloscht|loevm|loekz)([ _.-]?(flag|kz|mark))?"
    r"|(deletion|loesch|losch)[ _.-]?(flag|kz|mark|kennzeichen|vormerkung|markierung)")
_MARK_BESIDE = {"false": "true", "False": "True", "FALSE": "TRUE", "f": "t", "F": "T", "0": "1",
                "no": "yes", "No": "Yes", "NO": "YES", "N": "Y", "n": "y", "nein": "ja",
                "Nein": "Ja", "NEIN": "JA"}
_WORDED = {"gender": ("male", "female")}  # usual values the contract does not insist on


@dataclass(frozen=True)
class Mapped:
    """What fills a column, as the declaration writes it, and why.

    `sources` are the columns of the extract it reads.
    """

    setting: Any
    sources: tuple[str, ...]
    score: float
    why: str

    @property
    def confidence(self) -> str:
        """How sure, in a word."""
        return confidence(self.score)


@dataclass
class Table:
    """One table of the declaration to be."""

    entity: str
    name: str = ""
    key: tuple[str, ...] = ()
    repeats: bool = False
    unpivot: tuple[str, ...] = ()
    columns: dict[str, Mapped] = field(default_factory=dict)
    updated_at: Mapped | None = None
    deleted: Mapped | None = None
    records: tuple[dict[str, Any], ...] = ()


def confidence(score: float) -> str:
    """A score in a word."""
    return "sure" if score >= SURE else "likely" if score >= LIKELY else "guess"


@dataclass(frozen=True)
class FileFacts:
    """What is known beside the columns.

    `year` is the name under which a year in the file's name is read, or nothing; it tells apart
    records that different years number alike. `time_formats` and `date_formats` hold for the whole
    file.
    """

    columns: Sequence[Column]
    year: str = ""
    date_formats: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def time_of(self, day: Column) -> Column | None:
        """The column with the time of day for one with a date: behind it, or the only one.

        A date that is written with an hour, be it always midnight, or as a number has none.
        """
        if EXCEL_FORMAT in day.formats or any(":" in text for text in day.values):
            return None
        place = list(self.columns).index(day)
        times = [column for column in self.columns if column.kind == "time"]
        if sum(column.kind == "date" for column in self.columns) > 1 or len(times) > 1:
            times = [column for column in self.columns[place + 1:place + 2] if column in times]
        return times[0] if times and times[0].filled >= day.filled else None


def propose(choice: Choice, facts: FileFacts) -> list[Table]:
    """Tables that load the file as what it was chosen to be."""
    if choice.entity == "survey.responses" and choice.key:
        return _survey(choice, facts)
    tables = [_table(choice, choice.entity, facts, choice.key)]
    tables += [_table(choice, "pos.orders", facts, (order,), repeats=True)
               for order in [choice.source("pos.order_lines", "order_ref")]
               if order and choice.source("pos.orders", "ordered_at")]
    product = choice.source("pos.order_lines", "product_ref")
    if product and any(owner == "pos.products" for owner, _ in choice.found):
        tables.append(_table(choice, "pos.products", facts, (product,), repeats=True))
    return tables


def _table(
    choice: Choice, entity: str, facts: FileFacts, key: tuple[str, ...], *, repeats: bool = False,
) -> Table:
    table = Table(entity, key=key, repeats=repeats)
    for target in ENTITIES[entity].columns:
        match = choice.found.get((entity, target.name))
        if match:
            table.columns[target.name] = _mapped(match, target, facts)
    if entity == "crm.customers":
        _add_house_number(table, facts)
        if not {"customer_type", "company_name"} & set(table.columns):
            table.columns["customer_type"] = Mapped({"value": "person"}, (), LIKELY,
                                                    "no company among the columns")
    if entity == "social.posts" and len(key) == 1 and "thread_ref" not in table.columns:
        table.columns["thread_ref"] = Mapped(key[0], key, LIKELY,
                                             "without threads a post is one of its own")
    if entity == "pos.order_lines":
        _complete_line(table, choice, facts)
    for target in ENTITIES[entity].columns:
        if target.required and target.name not in table.columns:
            table.columns[target.name] = _placeholder(target, facts)
    _add_updated_at(table, facts)
    _add_deleted(table, facts)
    return table


def _mapped(match: Match, target: contract.Column, facts: FileFacts) -> Mapped:
    column = facts.column(match.source)
    if column.is_ambiguous:
        match = replace(match, score=min(match.score, _DOUBTFUL),
                        why=f"{match.why}; whether day or month comes first nothing tells")
    detail: dict[str, Any] = {}
    if target.type == "timestamp" and column.kind == "date" and (time := facts.time_of(column)):
        formats = [f"{day}|{hour}" for day in column.formats or ("%Y-%m-%d",)
                   for hour in time.formats]
        return Mapped({"parts": [column.name, time.name],
                       "format": formats[0] if len(formats) == 1 else formats},
                      (column.name, time.name), match.score,
                      match.why + "; with the time of day")
    if target.type in ("timestamp", "date"):
        detail = _format(column, target.type, facts)
    if known := (target.known_values or _WORDED.get(target.name, ())):
        detail |= _value_map(column, known)
    return Mapped({"from": match.source} | detail if detail else match.source,
                  (match.source,), match.score, match.why)


def _format(column: Column, kind: str, facts: FileFacts) -> dict[str, Any]:
    """Formats of its own, where those of the whole file do not read it."""
    usual = (facts.time_formats + facts.date_formats if kind == "timestamp"
             else facts.date_formats + facts.time_formats)
    own = column.formats or (("%Y-%m-%d %H:%M:%S", "%Y-%m-%d") if usual else ())
    if set(own) <= set(usual):
        return {}
    return {"format": own[0] if len(own) == 1 else list(own)}


def _value_map(column: Column, known: tuple[str, ...]) -> dict[str, Any]:
    """Codes that mean a value of the contract; only words of the vocabulary are ever written."""
    if len(column.values) > _MOST_CODES:
        return {}
    meanings = {}
    for code in sorted(column.values):
        word = plain(code)
        meaning = next((value for value in known
                        if word == value or word in vocabulary().values.get(value, ())), None)
        if meaning and meaning != code:
            meanings[code] = meaning
    return {"map": meanings} if meanings else {}


def _add_house_number(table: Table, facts: FileFacts) -> None:
    street = table.columns.get("street")
    number = next((column.name for column in facts.columns
                   if set(column.concepts) in ({"street", "id"}, {"house"}, {"house", "id"})
                   and column.kind in ("integer", "code", "word")), None)
    if street and number and number not in street.sources:
        order = [column.name for column in facts.columns
                 if column.name in (number, *street.sources)]
        table.columns["street"] = Mapped(
            {"words": order}, tuple(order), street.score, street.why + "; with the house number")


def _complete_line(table: Table, choice: Choice, facts: FileFacts) -> None:
    """A price per piece is multiplied; without a quantity every line is one piece."""
    amount, quantity = table.columns.get("net_amount"), table.columns.get("quantity")
    if amount and quantity:
        said = set(facts.column(amount.sources[0]).concepts)
        if "price" in said and not said & {"amount", "revenue", "line"}:
            names = [*quantity.sources, *amount.sources]
            table.columns["net_amount"] = Mapped(
                {"product": names}, tuple(names), amount.score, "quantity times price")
    elif amount:
        table.columns["quantity"] = Mapped(
            {"value": 1}, (), LIKELY, "no quantity: every line is one piece")
    ordered = choice.found.get(("pos.orders", "ordered_at"))
    if ordered and "booked_at" not in table.columns:
        column = ENTITIES["pos.order_lines"].column("booked_at")
        table.columns["booked_at"] = _mapped(ordered, column, facts)


def _placeholder(target: contract.Column, facts: FileFacts) -> Mapped:
    if target.type in ("timestamp", "date") and facts.year:
        return Mapped({"parts": [facts.year, "=01", "=01"], "format": "%Y|%m|%d"}, (facts.year,), 0,
                      PLACEHOLDER + "only the year in the file's name was found")
    return Mapped({"value": _CONSTANTS[target.type]}, (), 0,
                  PLACEHOLDER + "no column for it was found; the contract requires it")


def _add_updated_at(table: Table, facts: FileFacts) -> None:
    used = {source for mapped in table.columns.values() for source in mapped.sources}
    for column in facts.columns:
        if column.is_moment and "updated" in column.concepts and column.name not in used:
            detail = _format(column, "timestamp", facts)
            table.updated_at = Mapped({"from": column.name} | detail if detail else column.name,
                                      (column.name,), SURE, "name: updated")
            return


def _add_deleted(table: Table, facts: FileFacts) -> None:
    """A flag of deleted records, which would load as alive; also where none of them has it yet."""
    if not table.key or table.repeats:
        return
    for column in facts.columns:
        said = {text.lower() for text in column.values}
        if not _DELETED_FLAG.fullmatch(plain(column.name)) or said - {*TRUE_WORDS, *FALSE_WORDS}:
            continue
        marks = sorted(text for text in column.values if text.lower() in TRUE_WORDS)
        expected = {_MARK_BESIDE.get(text, "true") for text in column.values} or {"X"}
        table.deleted = Mapped(
            {"from": column.name, "values": marks or sorted(expected)}, (column.name,),
            SURE if marks else _DOUBTFUL, "name: deleted" if marks else
            "name: deleted; no row is, so that the mark is assumed")
        return


def _survey(choice: Choice, facts: FileFacts) -> list[Table]:
    key = (*([facts.year] if facts.year else []), *choice.key)
    responses = _table(choice, "survey.responses", facts, key)
    tables = [responses]
    found = choice.found
    scores = choice.ratings or _of(found, "score")
    texts = (*_of(found, "text"), *choice.texts)
    tens = tuple(name for name in scores if _is_ten(facts.column(name)))
    records = []
    for kind, sources in (("scores", tuple(name for name in scores if name not in tens)),
                          ("recommendations", tens), ("comments", texts)):
        if sources:
            tables.append(_answers(kind, sources, choice, facts, key))
            records += [_question(facts.column(source), is_text=kind == "comments")
                        for source in sources]
    if records:
        tables.insert(0, Table("survey.questions", records=tuple(records)))
    return tables


def _answers(
    kind: str, sources: tuple[str, ...], choice: Choice, facts: FileFacts, key: tuple[str, ...],
) -> Table:
    """The answers in one or several columns, which are turned into rows."""
    target = "text" if kind == "comments" else "score"
    table = Table("survey.answers", name=kind)
    reference: Any = key[0] if len(key) == 1 else {"parts": list(key)}
    table.columns["response_ref"] = Mapped(reference, choice.key, SURE, "key of the response")
    match = choice.found.get(("survey.answers", target))
    why, score = (match.why, match.score) if match else (
        ("a scale shared by the questions", LIKELY) if target == "score"
        else ("values: sentences", 0.45))
    if len(sources) == 1:
        table.key, origin = (*key, f"={sources[0]}"), sources[0]
        table.columns["question_ref"] = Mapped({"value": sources[0]}, (), SURE, "the column")
    else:
        table.key, table.unpivot, origin = (*key, "question"), sources, "answer"
        table.columns["question_ref"] = Mapped("question", (), SURE, "the columns' names")
    table.columns[target] = Mapped(origin, sources, score, why)
    if kind == "scores":
        _set_outside_codes(table, origin, sources, facts, why)
    return table


def _set_outside_codes(
    table: Table, origin: str, sources: tuple[str, ...], facts: FileFacts, why: str,
) -> None:
    """Codes beside a scale of 1 to 5: 0 is no answer, 6 beside it says that it does not apply.

    Without a 0 the 6 is taken for a step of the scale, as of German school grades.
    """
    found = Counter(code for name in sources for code in facts.column(name).codes)
    codes = {code for code, count in found.items() if 2 * count >= len(sources)}
    if 0 not in codes or max(codes) > 6:
        return
    none = {"0", *(code for name in sources for code in facts.column(name).null_codes)}
    outside = none | ({"6"} if 6 in codes else set())
    table.columns["score"] = Mapped({"from": origin, "null_values": sorted(outside)}, sources,
                                    0.45, why + "; codes outside 1 to 5 are no scores")
    if 6 in codes:
        table.columns["is_not_applicable"] = Mapped(
            {"from": origin, "null_values": sorted(none), "map": {"6": "true", "*": "false"}},
            sources, 0.45, "code 6 outside the scale of 1 to 5")


def _question_type(column: Column) -> str:
    """Of satisfaction only that on the whole is CSAT; with one matter after the other it rates."""
    said = set(column.concepts)
    if _is_ten(column):
        return "nps"
    if "effort" in said:
        return "ces"
    return "csat" if "satisfaction" in said and said <= _ON_THE_WHOLE else "rating"


def _is_ten(column: Column) -> bool:
    """A scale of 0 to 10, as of a recommendation."""
    return len(column.codes) >= 9 and 10 in column.codes


def _of(found: dict[tuple[str, str], Match], column: str) -> tuple[str, ...]:
    match = found.get(("survey.answers", column))
    return (match.source,) if match else ()


def _question(column: Column, *, is_text: bool) -> dict[str, Any]:
    if is_text:
        return {"ref": column.name, "question_type": "text", "wording": column.name}
    is_ten = _is_ten(column)
    top = 10 if is_ten else next(
        (code for code in (7, 6, 5) if code in column.codes and (code != 6 or
                                                                 0 not in column.codes)), 5)
    return {"ref": column.name, "question_type": _question_type(column),
            "scale_min": 0 if is_ten and 0 in column.codes else 1, "scale_max": top,
            "wording": column.name}
