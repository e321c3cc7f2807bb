"""How a text with columns is written: delimiter, quote, lines above, header or none.

What does **not** belong here: its encoding (`sniffing.py`), and what the columns mean.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from ingestion.declaration import FileFormat
from ingestion.inspection.below_header import holds_data, is_data, rows_below_header
from ingestion.inspection.vocabulary import concepts

_RECORDS = 2000
_MOST_ABOVE = 10
_DELIMITERS = (";", "\t", "|", ",")


def csv_shape(text: str, encoding: str) -> tuple[FileFormat, str, tuple[str, ...]]:
    """How a text with columns is written: its format, why, and what else there is to say."""
    delimiter, quote, why = _dialect(text)
    skipped = _lines_before_header(text, delimiter, quote)
    records = _records(text.split("\n", skipped)[-1], delimiter, quote)
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if skipped:
        notes += (f"{skipped} lines before the header",)
    below = rows_below_header(records)
    records = [records[0], *records[1 + below:]]
    if _has_header(records):
        if below:
            notes += (f"rows below the header that explain it: {below}",)
        if names := _made_different(records[0]):
            skipped += 1 + sum(name.count("\n") for name in records[0])
            records = records[1:]
            notes += ("names that come twice are numbered",)
    else:
        skipped = below = 0
        records = _records(text, delimiter, quote)
        names = tuple(f"column_{i}" for i in range(1, max(map(len, records)) + 1))
        notes = ("no header: the first line looks like a record; name the columns",)
    is_short = bool(names) and any(len(record) < len(names) for record in records)
    if is_short and quote and _holds_letters(text, delimiter, quote, len(names)):
        quote = ""  # filling up lines and quotes exclude each other
    elif is_short and quote:
        is_short = False
        notes += ("some lines have fewer columns; they will be rejected",)
    return FileFormat(format="csv", encoding=encoding, delimiter=delimiter, quote=quote,
                      column_names=names, skip_first=skipped, skip_after_header=below,
                      may_be_short=is_short), why, notes


def _dialect(text: str) -> tuple[str, str, str]:
    """Delimiter and quote under which most records have the same number of columns."""
    best = (0.0, 0, ",", '"')
    for quote in ('"', "", "'"):
        if quote and not re.search(rf"(^|[{''.join(_DELIMITERS)}\n]){quote}", text):
            continue
        for delimiter in _DELIMITERS:
            records = _records(text, delimiter, quote)
            width, count = Counter(map(len, records)).most_common(1)[0]
            regular = count / len(records)
            if not quote and best[1:] == (width, delimiter, '"') and regular >= best[0] - 0.02:
                if not _closes(records):
                    best = (round(regular, 2), width, delimiter, quote)
            elif not quote and best[2:] == (delimiter, '"') and round(regular, 2) <= best[0]:
                pass  # more columns, as quoted delimiters part them
            elif width > 1 and (round(regular, 2), width) > best[:2]:
                best = (round(regular, 2), width, delimiter, quote)
    regular, width, delimiter, quote = best
    if not width:
        return ",", '"', "one column, as no delimiter divides the lines evenly"
    if not quote and '"' not in text:
        quote = '"'  # none is used, so the usual one does no harm
    said = {"\t": "tab"}.get(delimiter, delimiter)
    return delimiter, quote, (
        f"delimiter {said}: {width} columns in {regular:.0%} of the first records"
        + ("" if quote else "; quotes are part of the texts"))


def _holds_letters(text: str, delimiter: str, quote: str, width: int) -> bool:
    """Whether quotes mark nothing: no value needs them, and some lie within values."""
    records = _records(text, delimiter, "")
    fields = [field.strip() for record in records for field in record]
    within = any(quote in field.strip(quote).replace(quote * 2, "") for field in fields)
    return max(map(len, records)) <= width and (within or quote not in text)


def _closes(records: list[list[str]]) -> bool:
    """Whether as many fields end with a quote as begin with one; else they belong to the texts.

    The records are divided without regard to quotes, so a quoted delimiter parts the two ends.
    """
    fields = [field.strip() for record in records for field in record]
    opened = sum(field.startswith('"') for field in fields)
    closed = sum(len(field) > 1 and field.endswith('"') for field in fields)
    return closed >= 0.9 * opened


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first records; the last one of the sample may be cut off and is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote or None,
                        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)
    records: list[list[str]] = []
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) > _RECORDS:
                break
    except csv.Error:  # a field beyond the limit: quotes that never close
        pass
    return records[:-1] if len(records) > _RECORDS else records or [[]]


def _lines_before_header(text: str, delimiter: str, quote: str) -> int:
    """Lines of a title above the header: they have one column where the records have several."""
    widths = [len(record) for record in _records(text, delimiter, quote)]
    usual = Counter(widths).most_common(1)[0][0]
    above = next((i for i, width in enumerate(widths) if width > 1), 0)
    if usual > 1 and not above:
        return text[:len(text) - len(text.lstrip("\r\n"))].count("\n")  # blank lines
    if usual < 2 or not 0 < above <= _MOST_ABOVE or widths[above] != usual:
        return 0
    lines = text.split("\n")
    return next(i for i, line in enumerate(lines) if delimiter in line)


def _made_different(names: list[str]) -> tuple[str, ...]:
    """Names of a header of which some come twice, as the reader does not know upper case either;
    nothing where each has its own.
    """
    own = [name.strip() or f"unnamed_{i}" for i, name in enumerate(names, 1)]
    if len({name.casefold() for name in own}) == len(own):
        return ()
    different: list[str] = []
    taken = {name.casefold() for name in own}
    for i, name in enumerate(own):
        new, number = name, 2
        if name.casefold() in {earlier.casefold() for earlier in own[:i]}:
            while (new := f"{name}_{number}").casefold() in taken:
                number += 1
            taken.add(new.casefold())
        different.append(new)
    return tuple(different)


def _has_header(records: list[list[str]]) -> bool:
    """A header has a text in every column, and none that is a number, date or address.

    Names may be missing above columns that are empty or number the rows, and come twice, where most
    are words that name columns. In a header, a value that comes again below in its column gives a
    record away, and so does a sentence, unless some column has numbers, dates or addresses below
    its name: surveys are exported with their questions for names.
    """
    first, *others = records
    names = [name.strip() for name in first]
    filled = [name for name in names if name]
    if not filled or any(map(is_data, filled)):
        return False
    is_doubtful = len(set(filled)) < len(filled) or any(
        not name and _says_something(i, others) for i, name in enumerate(names))
    if is_doubtful and sum(map(_names_a_column, filled)) < len(filled) / 2:
        return False
    if any(len(name.split()) > 8 or len(name) > 80 for name in filled) and not any(
            holds_data([record[i] for record in others if len(record) > i])
            for i in range(len(names))):
        return False
    return not any(sum(len(record) > i and record[i].strip() == name for record in others) > 1
                   for i, name in enumerate(names) if name)


def _says_something(place: int, records: list[list[str]]) -> bool:
    """Whether a column holds more than nothing, or than the numbers of the rows in front."""
    values = [record[place].strip() for record in records if len(record) > place]
    numbers = {value for value in values if value.isdecimal()}
    return any(values) and not (place == 0 and len(numbers) == len(values))


def _names_a_column(name: str) -> bool:
    return any(not concept.startswith("?") for concept in concepts(name))
