"""Whether a file ends with a line of totals, which is no record: told by the word before them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.readers.compression import compression_of

_TAIL = 1 << 16
_WORD = re.compile(
    r"(gesamtsumme|zwischensumme|endsumme|summe|gesamt|grand total|subtotal|total|sum)\b",
    re.IGNORECASE)


def find_totals(path: Path, form: FileFormat, names: tuple[str, ...]) -> tuple[str, str] | None:
    """Look at the last line of a text file with columns.

    A line of totals has one of their words in its first filled column and leaves others empty, as a
    record of a person called Summe does not.

    Args:
        path: the file; those in two bytes a letter, and compressed ones, are not looked at.
        form: how it is written.
        names: its columns.

    Returns:
        The column, and the pattern that tells such lines by it; None if the last line is a record.
    """
    encoding = form.encoding.lower()
    if (form.format != "csv" or encoding.startswith(("utf-16", "utf-32")) or compression_of(path)):
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = file.read().decode(encoding, errors="replace").split("\n")
    last = next((line.strip("\r") for line in reversed(lines) if line.strip()), "")
    try:
        ((*values,),) = csv.reader([last], delimiter=form.delimiter, quotechar=form.quote or None,
                                   quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE)
    except (csv.Error, ValueError):
        return None
    return told_as_totals(values, names)


def told_as_totals(
    values: Sequence[str | None], names: Sequence[str],
) -> tuple[str, str] | None:
    """The column, and the pattern that tells a record to be totals by it; None if it is none."""
    filled = [(name, value.strip()) for name, value in zip(names, values, strict=False)
              if value and value.strip()]
    if len(values) != len(names) or not 0 < len(filled) < len(names):
        return None
    name, value = filled[0]
    found = _WORD.match(value)
    return (name, found.group() + "*") if found else None
