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

from ingestion.conversion import (
    FALSE_WORDS,
    MARKED_CURRENCIES,
    TRUE_WORDS,
    currency_marks,
    number_patterns,
)
from ingestion.inspection.dates import OFFSET, find_formats, has_time
from ingestion.inspection.vocabulary import concepts, plain, vocabulary
from ingestion.readers.files import Extract, identifier

Kind = Literal["empty", "email", "phone", "url", "date", "timestamp", "time", "integer", "decimal",
               "boolean", "text", "code", "word"]
_MOST_VALUES = 2000
_MOST_DATES = 400
_NULL_SHARE = 0.97  # of what is no null code must be numbers for a column of numbers
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_URL = re.compile(r"https?://\S+")
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_PHONE = re.compile(r"(\+|00?|\()[\d\s()/.-]{6,20}")
_CODE = re.compile(r"[A-Za-z]{0,8}[-_./]?[\w./-]*\d[\w./-]*")
_MARKED = re.compile(r"\d[.,'\u2019 \u00a0\u2009\u202f]\d")
_CURRENCIES = {mark: code for code in MARKED_CURRENCIES for mark in currency_marks(code)}
_SIGNS = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_WITH_SIGN = re.compile(rf"[+-]?\s*({_SIGNS})?\s*[+-]?\d[\d.,'\u2019\s]*-?\s*({_SIGNS})?")
_STYLES = ((".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", " "), (".", "'"))


@dataclass(frozen=True)
class Style:
    """How a file writes numbers, and the `currency` that its amounts are marked with."""

    decimal: str
    thousands: str
    is_sure: bool
    currency: str = ""


@dataclass(frozen=True)
class Column:
    """One column of a sample.

    `values` holds the most frequent values and how often each comes: personal, never to be shown.
    `formats` are those of `strptime`; of dates, none is ISO 8601. `codes` are the whole numbers of
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


def find_style(values: Iterable[Counter[str]], *, delimiter: str) -> Style:
    """How the file writes numbers: what reads most of its columns as such."""
    columns = list(values)
    currency = _currency(columns)
    marked = [c for c in ({t: n for t, n in column.items() if _MARKED.search(t)}
                          for column in columns) if c]
    read = {style: sum(_share(Counter(c), _number_pattern(*style, currency)) >= _NULL_SHARE
                       for c in marked)
            for style in _STYLES}
    best = max(read.values(), default=0)
    fitting = [style for style in _STYLES if read[style] == best]
    if not best:
        return Style(".", "", is_sure=True, currency=currency)
    for mark, other in ((".", ","), (",", ".")):
        if {(mark, ""), (other, mark)} <= set(fitting):  # 1.234 alone can be either
            return replace(_of_two(mark, other, delimiter), currency=currency)
    decimal, thousands = fitting[0]
    # What the sample does not have, other files may; grouping is checked when it is read.
    return Style(decimal, thousands or {".": ",", ",": "."}[decimal], is_sure=True,
                 currency=currency)


def _currency(columns: Iterable[Counter[str]]) -> str:
    """The one currency that columns of amounts are marked with; none where there are several."""
    found = set()
    for column in columns:
        signs = Counter[str]()
        for text, count in column.items():
            if (match := _WITH_SIGN.fullmatch(text)) and (sign := match[1] or match[2]):
                signs[_CURRENCIES[sign]] += count
        total = sum(column.values())
        found |= {currency for currency, count in signs.items() if count >= total / 2}
    return found.pop() if len(found) == 1 else ""


def _of_two(mark: str, other: str, delimiter: str) -> Style:
    """Numbers in which the only mark always stands before three digits: thousands, mostly.

    A file with semicolons was written where the comma is decimal, one with commas where it is not.
    """
    local = {";": ",", ",": "."}.get(delimiter, other)
    return Style(local, mark if local == other else other, is_sure=False)


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

    if _share(real, _EMAIL) >= 0.8:
        return told("email")
    if _share(real, _URL) >= 0.8:
        return told("url")
    if _share(real, _TIME) >= _NULL_SHARE:
        with_seconds = {text.count(":") == 2 for text in real}
        return told("time", formats=tuple(
            "%H:%M:%S" if seconds else "%H:%M" for seconds in sorted(with_seconds)))
    dates = Counter(dict(real.most_common(_MOST_DATES)))
    speaks_of_date = bool({"date", "birth", "created", "updated", "start", "end"}
                          & set(concepts(name)))
    formats = find_formats(dates, is_named=speaks_of_date)
    if formats is not None:
        return told("timestamp" if has_time(dates) else "date", formats=formats,
                    has_offset=any(OFFSET.fullmatch(text) for text in dates))
    is_boolean = {text.lower() for text in real} <= {*TRUE_WORDS, *FALSE_WORDS}
    number = _number_pattern(style.decimal, style.thousands, style.currency)
    if _share(real, number) >= _NULL_SHARE:
        whole = _share(real, re.compile(r"[+-]?\d+-?")) >= _NULL_SHARE
        zero = any(re.fullmatch(r"0\d+", text) for text in real)
        if zero and sum(bool(_PHONE.fullmatch(text)) * n for text, n in real.items()) >= (
                0.8 * sum(real.values())):
            return told("phone")
        if zero:
            return told("code", has_leading_zero=True)
        small = {int(text) for text in real if re.fullmatch(r"[+-]?\d{1,3}", text)}
        return told("integer" if whole else "decimal", is_boolean=is_boolean,
                    codes=frozenset(small if whole and len(real) <= 16 else ()))
    if is_boolean and len({plain(text) for text in real}) == 2:
        return told("boolean", is_boolean=True)
    if _share(real, _PHONE) >= 0.8:
        return told("phone")
    total = sum(real.values())
    words = sum(len(text.split()) * n for text, n in real.items()) / total
    if words >= 4 and len(real) > 0.2 * total:
        return told("text")
    return told("code" if _share(real, _CODE) >= 0.8 else "word", is_boolean=is_boolean)


def _share(values: Counter[str], pattern: re.Pattern[str]) -> float:
    total = sum(values.values())
    return sum(n for text, n in values.items() if pattern.fullmatch(text)) / total if total else 0


def _number_pattern(decimal: str, thousands: str, currency: str = "") -> re.Pattern[str]:
    """The numbers that ingestion reads under this style."""
    return re.compile("|".join(number_patterns(decimal, thousands, currency)))


def duplicates_of(con: duckdb.DuckDBPyConnection, extract: Extract, names: Iterable[str]) -> int:
    """Rows of the sample beyond the first with the same values in these columns."""
    columns = ", ".join(extract.text(name) + f" as {identifier('k' + str(i))}"
                        for i, name in enumerate(names))
    (rows, keys), = con.execute(f"""
        with keyed as (select {columns} from extract)
        select count(*), count(distinct keyed) from keyed""").fetchall()
    return int(rows) - int(keys)
