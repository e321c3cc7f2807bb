"""How far the sheets of a workbook reach, told before one of them is opened.

The library that reads a sheet first makes room for every cell between its corners: a stray cell far
away makes a small file larger than any memory, and its process ends at once. What does **not**
belong here: what the cells hold (`excel.py`).
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from ingestion.readers.compression import DAMAGES
from ingestion.readers.extract import ExtractError

# Cells between the corners of a sheet, of 32 bytes each: 2 GiB.
MOST_CELLS = (2 << 30) // 32
# What a process may need that opens sheets whose size cannot be told beforehand.
_MOST_BYTES = 3 << 30
_BLOCK = 1 << 20
_LONGEST_ROW = 64 << 20
_CELL = re.compile(rb'<c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"')
_FILLED_CELL = re.compile(_CELL.pattern + rb"[^>]*(?<!/)>(?!</c>)")
_REMEDY = "delete the rows and columns beyond the data, where a stray cell lies, or deliver CSV"
_TRIAL = """
import resource, sys
from fnmatch import fnmatchcase
from io import BytesIO
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from python_calamine import CalamineWorkbook
workbook = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
for name in workbook.sheet_names:
    if sys.argv[2] in ("", name) or fnmatchcase(name.strip(), sys.argv[2]):
        workbook.get_sheet_by_name(name)
"""


class SheetSizes:
    """Guards the opening of one workbook's sheets.

    Of `.xlsx` the places of the cells are read as a stream. Other workbooks are opened in a process
    of their own first, whose memory is limited.
    """

    def __init__(self, path: Path, content: bytes, sheet: str) -> None:
        """Look at a workbook.

        Args:
            path: where it lies.
            content: its bytes.
            sheet: `sheet` of the declaration.

        Raises:
            ExtractError: it is none whose sheets can be looked at one by one, and too large.
        """
        self._path, self._content = path, content
        self._parts = _parts(content)
        if not self._parts:
            self._try_out(sheet)

    def check(self, sheet: str) -> None:
        """Check a sheet that is about to be opened.

        Raises:
            ExtractError: it reaches too far.
        """
        if not self._parts:
            return
        try:
            with zipfile.ZipFile(BytesIO(self._content)) as archive:
                with archive.open(self._parts[sheet]) as part:
                    rows, columns = _corner(_last_cells(part))
                if rows * columns > MOST_CELLS:  # many may have a colour and nothing else
                    with archive.open(self._parts[sheet]) as part:
                        rows, columns = _corner(_filled_cells(part))
        except (KeyError, _UnclearError):
            self._try_out(sheet)
            return
        if rows * columns > MOST_CELLS:
            raise ExtractError(f"{self._path.name}: sheet {sheet} reaches over {rows:,} rows and "
                               f"{columns:,} columns; {_REMEDY}")

    def _try_out(self, sheet: str) -> None:
        done = subprocess.run([sys.executable, "-c", _TRIAL, str(_MOST_BYTES), sheet],
                              input=self._content, capture_output=True, check=False)
        # Other errors are met again, and told, when this process opens it.
        if done.returncode < 0 or b"MemoryError" in done.stderr:
            raise ExtractError(f"{self._path.name}: a sheet needs more than {_MOST_BYTES >> 30} GB "
                               f"of memory; {_REMEDY}")


class _UnclearError(Exception):
    """The cells do not say where they lie."""


def _parts(content: bytes) -> dict[str, str]:
    """Sheet -> its part of the archive; empty for what is no `.xlsx`."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            sheets = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError, *DAMAGES):
        return {}
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in sheets.iter():
        if sheet.tag.endswith("}sheet"):
            id_ = next((value for name, value in sheet.items() if name.endswith("}id")), "")
            target = targets.get(id_, "").removeprefix("/")
            found[sheet.get("name", "")] = target if target.startswith("xl/") else f"xl/{target}"
    return found


def _corner(cells: Iterable[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Rows and columns up to the cell that is farthest down and the one farthest right."""
    last, names = 0, set()
    for column, row in cells:
        last = max(last, int(row))
        names.add(column)
    return last, max(map(_number, names), default=0)


def _number(column: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _last_cells(part: IO[bytes]) -> Iterable[tuple[bytes, bytes]]:
    """The last cell of each row; a hundred times as fast as all of them."""
    for row in _rows(part):
        start = row.rfind(b"<c ")
        found = _CELL.match(row, start) if start >= 0 else None
        if b"<c>" in row or (found is None and (start >= 0 or b":c " in row)):
            raise _UnclearError
        if found:
            yield found.group(1), found.group(2)


def _filled_cells(part: IO[bytes]) -> Iterable[tuple[bytes, bytes]]:
    for row in _rows(part):
        for found in _FILLED_CELL.finditer(row):
            yield found.group(1), found.group(2)


def _rows(part: IO[bytes]) -> Iterable[bytes]:
    held = b""
    is_within = False
    while block := part.read(_BLOCK):
        *rows, held = (held + block).split(b"<row")
        if rows and not is_within:
            del rows[0]  # what comes before the first row
            is_within = True
        yield from rows
        if len(held) > _LONGEST_ROW:
            raise _UnclearError
    if is_within:
        yield held
    elif b":row" in held:  # names with a prefix
        raise _UnclearError
