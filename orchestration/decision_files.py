"""Files in which people write their decisions: CSV by hand, by Excel or by a command.

Reading is forgiving about form and strict about content. What a decision is about belongs to the
module of its file; messages name file, row and column, never a value.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from orchestration.settings import DBT_PROJECT, Settings

DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y")


class DecisionError(ValueError):
    """A decision cannot be used; the message names file, row and column, and what to do."""


class Dated(Protocol):
    """A decision as the module of its file reads it."""

    @property
    def decided_on(self) -> date:
        """Day of the decision."""


Decision = TypeVar("Decision", bound=Dated)


def read_rows(
    content: bytes, name: str, columns: Sequence[str],
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a file by their number, the header being row 1; empty rows are left out.

    UTF-8 or the code page of a German Windows, delimiter `;`, `,` or tab, columns in any order.
    Further columns are left alone.

    Raises:
        DecisionError: not readable, a column is missing or there twice, or cells cannot be told
            apart.
    """
    text, _ = _decode(content, name)
    delimiter = _delimiter(text)
    lines = _read_cells(text, delimiter, name)
    header = [column.strip().lower() for column in next(lines, [])]
    missing = [column for column in columns if column not in header]
    if missing:
        raise DecisionError(f"{name}: column {', '.join(missing)} is missing; the first row names "
                            f"the columns: {';'.join(columns)} (in Excel: save as CSV UTF-8)")
    if doubled := [column for column in columns if header.count(column) > 1]:
        raise DecisionError(f"{name}: column {', '.join(doubled)} is there more than once; keep "
                            "one of them")
    rows, problems = [], []
    for row, values in enumerate(lines, 2):
        cells = {column: value.strip() for column, value in zip(header, values, strict=False)}
        if any(cells.values()):
            rows.append((row, {column: cells.get(column, "") for column in columns}))
        if any(value.strip() for value in values[len(header):]):
            problems.append(f"row {row}: more cells than columns; put a text with "
                            f"{_called(delimiter)} in it between quotation marks")
    raise_problems(name, problems)
    return rows


def read_latest(
    content: bytes, name: str, columns: Sequence[str],
    read_row: Callable[[int, dict[str, str]], Decision | list[str]],
    key: Callable[[Decision], Hashable],
) -> tuple[Decision, ...]:
    """Decisions of a file; of several about the same the latest, of one day the lowest row.

    Args:
        content: of the file.
        name: of the file, for errors.
        columns: that the file must have.
        read_row: number and cells of a row -> its decision, or everything that is wrong with it.
        key: what a decision is about.

    Raises:
        DecisionError: naming every row that cannot be used.
    """
    latest: dict[Hashable, Decision] = {}
    problems: list[str] = []
    for row, cells in read_rows(content, name, columns):
        found = read_row(row, cells)
        if isinstance(found, list):
            problems += found
            continue
        before = latest.get(key(found))
        if before is None or before.decided_on <= found.decided_on:
            latest[key(found)] = found
    raise_problems(name, problems)
    return tuple(latest.values())


def read_seed(settings: Settings, seed: str) -> list[dict[str, str]]:
    """Rows of a seed, the company's own or the shipped one, as dbt reads it.

    Raises:
        DecisionError: not readable, so that nobody knows what a decision may say.
    """
    own = settings.company_folder / "seeds" / f"{seed}.csv"
    path = own if own.exists() else DBT_PROJECT / "seeds" / f"{seed}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{column: (value or "").strip() for column, value in row.items() if column}
                    for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionError(f"{path}: not readable, and with it nobody knows what a decision may "
                            "say; it is a CSV in UTF-8 with a header") from error


def append_rows(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]],
    check: Callable[[bytes], object],
) -> int:
    """Add rows to the file, in the form the file has, and move it into place.

    Args:
        path: the file; made with these columns when it is missing.
        columns: columns of a new file.
        rows: cells by column.
        check: raises where the new content cannot be used.

    Returns:
        Number of the last new row; the header is row 1.

    Raises:
        DecisionError: from `check`, or not readable; the file stays as it is.
    """
    content = path.read_bytes() if path.exists() else b""
    text, encoding = _decode(content, str(path))
    if not text.strip():
        text, encoding = ";".join(columns) + "\n", "utf-8-sig"
    line_end = "\r\n" if "\r\n" in text else "\n"
    if not text.endswith(("\n", "\r")):
        text += line_end
    delimiter = _delimiter(text)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([row.get(column.strip().lower(), "") for column in header] for row in rows)
    text += lines.getvalue()
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        content = text.encode("utf-8-sig")
    check(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    if path.exists():
        shutil.copymode(path, temporary)
    temporary.replace(path)
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def read_signature(row: int, cells: Mapping[str, str]) -> tuple[date | None, list[str]]:
    """When it was decided, and what is missing of who, when and why."""
    problems = []
    decided_on = _date(cells["decided_at"])
    if decided_on is None:
        problems.append(f"row {row}, column decided_at: no date; write one as 2026-03-31 or "
                        "31.03.2026")
    for column, what in (("decided_by", "who decided"), ("reason", "why")):
        if not cells[column]:
            problems.append(f"row {row}, column {column}: empty; write {what}")
    return decided_on, problems


def signature(by: str, on: date, reason: str) -> dict[str, str]:
    """Cells that say who decided when and why."""
    return {"decided_by": by, "decided_at": on.isoformat(), "reason": " ".join(reason.split())}


def raise_problems(name: str, problems: Sequence[str]) -> None:
    """Tell everything that is wrong at once.

    Raises:
        DecisionError: there are problems.
    """
    if problems:
        raise DecisionError("\n".join(f"{name}: {problem}" for problem in problems))


def _decode(content: bytes, name: str) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig"), (
            "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("windows-1252"), "windows-1252"
    except UnicodeDecodeError as error:
        raise DecisionError(f"{name}: neither UTF-8 nor windows-1252; save it as CSV UTF-8"
                            ) from error


def _read_cells(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    """Cells row by row; a quotation mark out of place would swallow the rows after it.

    Raises:
        DecisionError: there is one.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 1
    try:
        for cells in lines:
            yield cells
            row += 1
    except csv.Error as error:
        raise DecisionError(
            f"{name}: row {row}: a cell begins with a quotation mark and does not end with one "
            f"before {_called(delimiter)} or the end of the row; close it, or leave it out"
        ) from error


def _called(delimiter: str) -> str:
    return "a tab" if delimiter == "\t" else delimiter


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(";,\t", key=header.count)


def _date(text: str) -> date | None:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
