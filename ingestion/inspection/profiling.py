"""What the columns of a sample hold: kind of value, formats, codes, how full and how distinct.

Python sees distinct values with their counts, never row by row. What does **not** belong here:
what the columns mean (`matching.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from ingestion.conversion import FALSE_WORDS, TRUE_WORDS
from ingestion.inspection.dates import (
    OFFSET,
    are_days_since_1900,
    changed_over,
    find_formats,
    find_unix,
    has_time,
    is_ambiguous,
)
from ingestion.inspection.notation import NULL_SHARE, Style, number_pattern, share_of
from ingestion.inspection.vocabulary import concepts, plain, vocabulary
from ingestion.moments import EXCEL_FORMAT
from ingestion.readers.files import Extract, identifier

Kind = Literal["empty", "email", "phone", "url", "date", "timestamp", "time", "integer", "decimal",
               "boolean", "text", "code", "word"]
_MOST_VALUES = 2000
_MOST_DATES = 400
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_URL = re.compile(r"https?://\S+")
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_PHONE = re.compile(r"(\+|00?|\()[\d\s()/.-]{6,20}")
_CODE = re.compile(r"[A-Za-z]{0,8}[-_./]?[\w./-]*\d[\w./-]*")


@dataclass(frozen=True)
class Column:
    """One column of a sample.

    `values` holds the most frequent values and how often each comes: personal, never to be shown.
    `formats` are those of `strptime`; of dates, none is ISO 8601, and where the column
    `is_ambiguous` day and month could be changed over. `codes` are the whole numbers of
    a column with few different ones.
    """

    name: str
    kind: Kind
    rows: int
    filled: int
    distinct: int
    values: Counter[str]
    formats: tuple[str, ...] = ()
    null_codes: tuple[str, ...] = ()
    codes: frozenset[int] = frozenset()
    is_boolean: bool = False
    has_offset: bool = False
    has_leading_zero: bool = False
    is_ambiguous: bool = False

    @property
    def concepts(self) -> tuple[str, ...]:
        """What its name speaks of."""
        return concepts(self.name)

    @property
    def is_unique(self) -> bool:
        """Filled in every row, with another value in each."""
        return 0 < self.rows == self.filled == self.distinct

    @property
    def is_number(self) -> bool:
        """Whole or decimal."""
        return self.kind in ("integer", "decimal")

    @property
    def is_moment(self) -> bool:
        """A date, with or without a time of day."""
        return self.kind in ("date", "timestamp")

    @property
    def shape(self) -> str:
        """The commonest form of its values: 9 for a digit, a or A for a letter."""
        shapes: Counter[str] = Counter()
        for text, count in self.values.items():
            shapes[shape_of(text)] += count
        return min(shapes, key=lambda s: (-shapes[s], s)) if shapes else ""


def shape_of(text: str, longest: int = 24) -> str:
    """The form of a text without the text: 9 for a digit, a or A for a letter."""
    short = text if len(text) <= longest else text[:longest - 1] + "…"
    return re.sub(r"[^\W\d_]", lambda m: "A" if m.group().isupper() else "a",
                  re.sub(r"\d", "9", " ".join(short.split())))


def count_values(
    con: duckdb.DuckDBPyConnection, extract: Extract, names: Iterable[str],
) -> tuple[int, dict[str, tuple[int, int, Counter[str]]]]:
    """Rows of the sample and for each column: filled, distinct, most frequent values."""
    (rows,), = con.execute("select count(*) from extract").fetchall()
    counted = {}
    for name in names:
        con.execute(f"""
            create or replace temp table counted as
            select trim({extract.text(name)}) as value, count(*) as row_count from extract
            where trim({extract.text(name)}) <> '' group by 1""")
        (filled, distinct), = con.execute(
            "select coalesce(sum(row_count), 0), count(*) from counted").fetchall()
        most = con.execute("select value, row_count from counted order by row_count desc, value "
                           f"limit {_MOST_VALUES}").fetchall()
        counted[name] = (int(filled), distinct, Counter(dict(most)))
    con.execute("drop table if exists counted")
    return rows, counted


def describe(
    name: str, rows: int, filled: int, distinct: int, values: Counter[str], style: Style,
) -> Column:
    """The kind of a column, from its values; its name helps where values alone do not say."""
    known = set(vocabulary().null_codes)
    real = Counter({text: n for text, n in values.items() if text not in known})
    codes = tuple(sorted(set(values) - set(real)))
    if "country" in concepts(name) and codes == ("NA",):  # Namibia
        real, codes = values, ()
    dropped = sum(values[code] for code in codes)
    base = Column(name, "empty", rows, filled - dropped, distinct - len(codes), real,
                  null_codes=codes)
    if not real:
        return base

    def told(kind: Kind, **found: object) -> Column:
        return Column(**(base.__dict__ | {"kind": kind} | found))

    if share_of(real, _EMAIL) >= 0.8:
        return told("email")
    if share_of(real, _URL) >= 0.8:
        return told("url")
    if share_of(real, _TIME) >= NULL_SHARE:
        with_seconds = {text.count(":") == 2 for text in real}
        return told("time", formats=tuple(
            "%H:%M:%S" if seconds else "%H:%M" for seconds in sorted(with_seconds)))
    dates = Counter(dict(real.most_common(_MOST_DATES)))
    speaks_of_date = bool({"date", "birth", "created", "updated", "start", "end"}
                          & set(concepts(name)))
    if speaks_of_date and (counted := find_unix(dates)):
        return told("timestamp", formats=counted)
    if speaks_of_date and are_days_since_1900(dates):
        has_hours = any(len(text) > len("45123") for text in dates)
        return told("timestamp" if has_hours else "date", formats=(EXCEL_FORMAT,))
    formats = find_formats(dates, is_named=speaks_of_date)
    if formats is not None:
        return told("timestamp" if has_time(dates) else "date", formats=formats,
                    has_offset=any(OFFSET.fullmatch(text) for text in dates))
    is_boolean = {text.lower() for text in real} <= {*TRUE_WORDS, *FALSE_WORDS}
    number = number_pattern(style.decimal, style.thousands, style.currency)
    if share_of(real, number) >= NULL_SHARE:
        whole = share_of(real, re.compile(r"[+-]?\d+-?")) >= NULL_SHARE
        zero = any(re.fullmatch(r"0\d+", text) for text in real)
        if zero and share_of(real, _PHONE) >= 0.8 and _may_be_phone(name):
            return told("phone")
        if zero:
            return told("code", has_leading_zero=True)
        small = {int(text) for text in real if re.fullmatch(r"[+-]?\d{1,3}", text)}
        return told("integer" if whole else "decimal", is_boolean=is_boolean,
                    codes=frozenset(small if whole and len(real) <= 16 else ()))
    if is_boolean and len({plain(text) for text in real}) == 2:
        return told("boolean", is_boolean=True)
    if share_of(real, _PHONE) >= 0.8:
        return told("phone")
    total = sum(real.values())
    words = sum(len(text.split()) * n for text, n in real.items()) / total
    if words >= 4 and len(real) > 0.2 * total:
        return told("text")
    return told("code" if share_of(real, _CODE) >= 0.8 else "word", is_boolean=is_boolean)


def _may_be_phone(name: str) -> bool:
    """Digits alone may be a number filled up with zeros; a name that speaks of something else, of a
    customer say, means that.
    """
    said = concepts(name)
    return "phone" in said or all(concept.startswith("?") for concept in said)


def agree_on_days(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Where day and month of a column could be changed over, the other columns of the file decide.

    Half past three PM is written where the month comes first.
    """
    columns = tuple(columns)
    doubtful = {column.name for column in columns
                if any(is_ambiguous(column.values, form) for form in column.formats)}
    decided = {form.index("%d") < form.index("%m") for column in columns
               if column.name not in doubtful for form in column.formats if changed_over(form)}
    with_noon = any("%p" in form for column in columns for form in column.formats)
    agreed = []
    for column in columns:
        if column.name not in doubtful:
            agreed.append(column)
            continue
        is_month_first = decided == {False} or (with_noon and not decided)
        formats = tuple(
            changed_over(form) if is_month_first and is_ambiguous(column.values, form)
            and form.index("%d") < form.index("%m") else form for form in column.formats)
        agreed.append(replace(column, formats=formats, is_ambiguous=len(decided) != 1))
    return tuple(agreed)


def duplicates_of(con: duckdb.DuckDBPyConnection, extract: Extract, names: Iterable[str]) -> int:
    """Rows of the sample beyond the first with the same values in these columns."""
    columns = ", ".join(extract.text(name) + f" as {identifier('k' + str(i))}"
                        for i, name in enumerate(names))
    (rows, keys), = con.execute(f"""
        with keyed as (select {columns} from extract)
        select count(*), count(distinct keyed) from keyed""").fetchall()
    return int(rows) - int(keys)
