"""Writes the records of one table as JSON Lines, as delivered."""

from __future__ import annotations

from pathlib import Path

from ingestion.declaration import TableDeclaration
from ingestion.fetching.fetcher import FetchError
from ingestion.missing_columns import missing_required
from ingestion.rest.documents import Record
from ingestion.rest.settings import Request
from ingestion.rest.texts import place_of

PARENT = "cx360_parent"


class Lines:
    """A file of JSON Lines that is being written; without a record there is none."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._names: set[str] = set()
        self._mark = (0, 0)

    def __enter__(self) -> None:
        self._file = self.path.open("w", encoding="utf-8", newline="\n")

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self.count:
            self.path.unlink()

    def write(self, text: str, record: Record) -> None:
        """Add a record."""
        self._file.write(text + "\n")
        self.count += 1
        if isinstance(record.value, dict):
            self._names.update(record.value)

    def mark(self) -> None:
        """Remember this place for `go_back`."""
        self._mark = (self._file.tell(), self.count)

    def go_back(self) -> None:
        """Forget what was written since `mark`."""
        place, self.count = self._mark
        self._file.seek(place)
        self._file.truncate()

    def refuse_without_required(self, table: TableDeclaration, request: Request) -> None:
        """What landed without a key or a required field would never load, nor be asked for again.

        Raises:
            FetchError: no record has it.
        """
        if not self.count or table.explode or table.explode_fields:
            return
        names = {*self._names, *request.join, *((PARENT,) if request.for_each else ())}
        missing = missing_required(
            table, lambda name: name in names or name.split(".")[0] in names)
        if missing:
            raise FetchError(f"{place_of(request)}: no record has {', '.join(missing)}; correct "
                             "`records`, `key` and `columns` in the declaration. Nothing is "
                             "fetched until then")
