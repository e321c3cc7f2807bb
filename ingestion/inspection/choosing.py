"""Which entity a file holds: the one that explains most of its columns, with its required ones.

A file may hold several: order lines with their orders and products, responses with their answers.
What does **not** belong here: how they are declared (`proposing.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ingestion.contract import ENTITIES
from ingestion.inspection.matching import Match, is_rating, matches, own_key_score
from ingestion.inspection.profiling import Column
from ingestion.inspection.vocabulary import concepts, vocabulary

Duplicates = Callable[[Sequence[str]], int]
# Entities whose records are things that go on existing: without a key they cannot be kept apart.
_LASTING = {"crm.customers", "crm.accounts", "crm.contracts", "crm.cases", "crm.campaigns",
            "pos.orders", "pos.products", "pos.stores", "survey.questions", "survey.responses"}
# A file of one entity that often carries others: entity -> the columns it may carry of them.
_CARRIED: dict[str, dict[str, tuple[str, ...]]] = {
    "pos.order_lines": {
        "pos.orders": ("customer_ref", "account_ref", "store_ref", "email", "phone", "loyalty_id",
                       "channel", "status", "ordered_at", "shipped_at", "delivered_at",
                       "payment_method", "coupon_code"),
        "pos.products": ("name", "category", "subcategory", "brand")},
    "survey.responses": {"survey.answers": ("score", "text")},
}
_SMALLEST_SCALE = 3  # questions on one scale for a file to be a wide survey
_REQUIRED, _KEYLESS, _CARRYING, _UNDEFINED = 0.8, 2.0, 0.3, 1.5
_FILE_LAST, _FILE_ELSE = 1.0, 0.3
_QUESTION = 0.5
_MOSTLY = 0.9  # distinct values per row of a column that is most of a key
_MANY = 1000  # rows of which a key must tell all apart where its columns do not promise it
_NEARLY = 0.98  # distinct values per row of a key with repeated records
LEAST = 1.0  # below this no entity explains a file


@dataclass(frozen=True)
class Choice:
    """An entity for a file, what fills it, and how well that explains the file.

    `ratings` are the questions on one scale of a wide survey, `texts` its free answers.
    """

    entity: str
    score: float
    found: dict[tuple[str, str], Match]
    key: tuple[str, ...]
    ratings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def source(self, entity: str, column: str) -> str:
        """The column of the file that fills a column of the contract; empty where none does."""
        match = self.found.get((entity, column))
        return match.source if match else ""


def choose(
    columns: Sequence[Column], file_name: str, duplicates: Duplicates, *, entity: str = "",
) -> list[Choice]:
    """Entities that may be in a file, best first.

    Args:
        columns: the columns of the file.
        file_name: its name without folder and ending; it often says what is inside.
        duplicates: how many rows of the sample share values in the given columns.
        entity: only this one.
    """
    choices = []
    for name in [entity] if entity else ENTITIES:
        choices.append(_alone(columns, name, file_name, duplicates))
        if name in _CARRIED:
            choices += _with_carried(columns, name, file_name, duplicates)
    return sorted(choices, key=lambda c: (-c.score, c.entity))


def _alone(
    columns: Sequence[Column], entity: str, file_name: str, duplicates: Duplicates,
) -> Choice:
    candidates = [m for column in columns for m in matches(column, ENTITIES[entity])]
    return _judge(columns, entity, candidates, file_name, duplicates)


def _with_carried(
    columns: Sequence[Column], entity: str, file_name: str, duplicates: Duplicates,
) -> list[Choice]:
    candidates = [m for column in columns for m in matches(column, ENTITIES[entity])]
    for carried, wanted in _CARRIED[entity].items():
        candidates += [m for column in columns
                       for m in matches(column, ENTITIES[carried], wanted)]
    if any(m.column == "ordered_at" for m in candidates):  # the date is the order's
        candidates = [m for m in candidates if m.column != "booked_at" or "booked" in m.why]
    found = _assign(candidates)
    ratings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    if entity == "survey.responses":
        taken = {m.source for m in found.values() if m.score >= 0.6 and m.column != "score"}
        ratings = _one_scale([c for c in columns if c.name not in taken])
        texts = tuple(c.name for c in columns if c.kind == "text" and c.name not in taken
                      and c.name != found.get(("survey.answers", "text"), _NO_MATCH).source)
    carried_found = {key[0] for key in found} - {entity}
    if not carried_found and not ratings:
        return []
    if ratings:
        candidates = [m for m in candidates if m.column != "score" and m.source not in ratings]
    choice = _judge(columns, entity, candidates, file_name, duplicates, ratings, texts)
    if entity == "survey.responses" and not choice.key:
        return []  # an answer must name its response
    return [choice]


_NO_MATCH = Match("", "", "", 0, "")


def _assign(candidates: Iterable[Match]) -> dict[tuple[str, str], Match]:
    """The surest first: a column of the file fills one column, which is filled by one."""
    found: dict[tuple[str, str], Match] = {}
    taken: set[str] = set()
    for match in sorted(candidates, key=lambda m: -m.score):  # stable: earlier columns first
        place = (match.entity, match.column)
        if place not in found and match.source not in taken:
            found[place] = match
            taken.add(match.source)
    return found


def _judge(
    columns: Sequence[Column], entity: str, candidates: list[Match], file_name: str,
    duplicates: Duplicates, ratings: tuple[str, ...] = (), texts: tuple[str, ...] = (),
) -> Choice:
    key = _find_key(columns, entity, _assign(candidates), duplicates)
    if len(key) == 1:  # the record's own number is its key and nothing else of it
        required = {column.name for column in ENTITIES[entity].columns if column.required}
        candidates = [m for m in candidates
                      if m.source != key[0] or m.entity != entity or m.column in required
                      or m.column == "thread_ref"]  # the address of a post leads to its thread
    found = _assign(candidates)
    own = sum(own_key_score(column, entity) for column in columns if column.name in key)
    score = own + sum(match.score for match in found.values())
    score += _QUESTION * (len(ratings) + len(texts))
    filled = {column for owner, column in found if owner == entity}
    missing = {column.name for column in ENTITIES[entity].columns if column.required} - filled
    if {"net_amount", "product_ref"} <= filled:
        missing -= {"quantity"}
    score -= _REQUIRED * len(missing)
    defining = vocabulary().defining.get(entity, frozenset())
    if defining and not defining & filled and not (len(key) == 1 and own == 1):
        score -= _UNDEFINED
    if entity in _LASTING and not key:
        score -= _KEYLESS
    if any(place[0] != entity for place in found) or ratings:
        score -= _CARRYING
    return Choice(entity, round(score + _by_file_name(entity, file_name), 3), found, key, ratings,
                  texts)


def _by_file_name(entity: str, file_name: str) -> float:
    """What a file is called: in order_items the last word says what its rows are."""
    subjects = [concept for concept in concepts(file_name)
                if any(concept in s for s in vocabulary().subjects.values())]
    own = vocabulary().subjects[entity]
    if subjects and subjects[-1] in own:
        return _FILE_LAST
    return _FILE_ELSE if own & set(subjects) else 0.0


def _find_key(
    columns: Sequence[Column], entity: str, found: dict[tuple[str, str], Match],
    duplicates: Duplicates,
) -> tuple[str, ...]:
    """The fewest columns that tell all records of the sample apart."""
    scored = [(own_key_score(column, entity), column) for column in columns]
    own = [column for score, column in sorted(scored, key=lambda s: -s[0]) if score >= 0.3]
    for column in own:
        if column.is_unique:
            return (column.name,)
    references = [match.source for place, match in found.items()
                  if place[0] == entity and ENTITIES[entity].column(place[1]).references]
    if entity == "pos.order_lines":
        line = found.get((entity, "line_number"))
        order = found.get((entity, "order_ref"))  # which may have a product twice
        references = [match.source for match in (order, line) if match] + references
        if not line and columns[0].rows < _MANY:
            return ()  # that no order has a product twice may be chance
    elif entity != "survey.answers" and (
            not own or own[0].distinct < _MOSTLY * own[0].rows):
        return ()
    parts = list(dict.fromkeys([*(column.name for column in own[:2]), *references]))[:4]
    full = {column.name for column in columns if column.filled == column.rows}
    for pair in combinations([part for part in parts if part in full], 2):
        if duplicates(pair) == 0:
            return tuple(column.name for column in columns if column.name in pair)
    for column in own:  # a few records delivered twice do not unmake a key
        if column.distinct >= _NEARLY * column.rows:
            return (column.name,)
    return ()


def _one_scale(columns: Sequence[Column]) -> tuple[str, ...]:
    """The questions of a wide survey: columns with the commonest set of answers, or nearly so."""
    rated = [column for column in columns
             if is_rating(column) and not {"id", "quantity", "count"} & set(column.concepts)]
    if len(rated) < _SMALLEST_SCALE:
        return ()
    ((usual, _),) = Counter(column.codes for column in rated).most_common(1)
    alike = [column for column in rated
             if len(column.codes & usual) >= 0.8 * len(column.codes | usual)
             or usual & {1, 2, 3, 4, 5} <= column.codes <= usual]
    if len(alike) < _SMALLEST_SCALE:
        return ()
    wide = [column for column in rated if len(column.codes) >= 9 and 10 in column.codes]
    chosen = {column.name for column in (*alike, *wide)}
    return tuple(column.name for column in columns if column.name in chosen)
