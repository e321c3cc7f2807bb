"""Fetches one table of a REST API into JSON Lines, record by record as delivered.

What does **not** belong here: following pages (`pages.py`), and which files count
(`fetching/landing.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ingestion.declaration import DURATION, SourceDeclaration, TableDeclaration
from ingestion.fetching.fetcher import Fetched, FetchError, Position, Secrets, Task
from ingestion.missing_columns import missing_required
from ingestion.rest.client import Gone, RestClient
from ingestion.rest.documents import Document, Record, look_up, read_document, with_fields
from ingestion.rest.instants import as_instant, write_instant
from ingestion.rest.pages import Pages
from ingestion.rest.seen import Seen
from ingestion.rest.settings import Request, RestConnection
from ingestion.rest.texts import place_of

PARENT = "cx360_parent"
# After so many parents their children count, so that a fault later on costs no more than these.
PARENTS_AT_ONCE = 500
_PARENTS_LOOKED_AT = 20  # where somebody only wants a look
# If so many parents are gone and none was ever found, it is the path that is wrong.
MANY_PARENTS = 5


class RestFetcher:
    """A REST API as source."""

    def __init__(
        self, source: SourceDeclaration, secrets: Secrets, *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not isinstance(source.connection, RestConnection):
            raise TypeError(f"{source.source} is no REST source")
        self._secrets = secrets
        self._client = RestClient(source.connection, secrets, sleep=sleep)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def fetch(self, task: Task) -> Iterator[Fetched | Position]:
        """Yield the file of what is new, and how far it reaches.

        Raises:
            FetchError: the API refuses, fails for too long, or answers what cannot be used.
        """
        request = task.table.request
        if request is None or request.of:
            yield Position()
        elif request.for_each:
            yield from self._fetch_children(task, request)
        else:
            yield from self._fetch_records(task, request)

    def _fetch_records(self, task: Task, request: Request) -> Iterator[Fetched | Position]:
        reached = as_instant(task.since.cursor) if task.since else None
        known = reached - _look_back(task.table.look_back) if reached else None
        values = {"since": write_instant(known, request.since)}
        seen = None
        if task.table.cursor and _key(task):  # without a key, equal records may be several
            kept = task.since.state.get("seen", "") if task.since else ""
            seen = Seen(kept, newest_first=request.newest_first)
        lines = _Lines(task.folder / "rows.jsonl")
        with lines:
            for record, text in self._records(task, request, values, known):
                if seen is None or seen.is_new(_identity(task, record), text):
                    lines.write(text, record)
                instant = _instant_of(task, record)
                # A record from the future would hide everything that comes before its time.
                if instant and (reached is None or instant > reached) and instant <= task.now:
                    reached = instant
                if lines.count == task.most:
                    break
        lines.refuse_without_required(task.table, request)
        if lines.count:
            yield Fetched(lines.path, lines.count)
        yield Position(reached.isoformat() if reached else "",
                       {"seen": seen.kept} if seen else {})

    def _fetch_children(self, task: Task, request: Request) -> Iterator[Fetched | Position]:
        """The records that belong to each new record of the parent's table."""
        state = task.since.state if task.since else {}
        done, within = state.get("done", ""), state.get("within", 0)
        found = bool(state.get("found"))
        for parents in task.landed_of(request.for_each):
            if parents.name <= done:
                continue
            for start, batch in _batches(parents, request, within):
                if task.most is not None:
                    batch = batch[:_PARENTS_LOOKED_AT]
                lines = _Lines(task.folder / f"{parents.stem}_{start:08}.jsonl")
                with lines:
                    gone = [error for parent in batch
                            if (error := self._write_children(task, request, parent, lines))]
                if not found and len(gone) == len(batch) >= MANY_PARENTS:
                    raise gone[0]  # rather a wrong path than so many deletions
                found = found or len(gone) < len(batch)
                if not task.landed:  # later on, the same parents would be refused for ever
                    lines.refuse_without_required(task.table, request)
                if lines.count:
                    yield Fetched(lines.path, lines.count)
                yield Position(state={"done": done, "within": start + len(batch), "found": found})
            done, within = parents.name, 0
            yield Position(state={"done": done, "found": found})
        yield Position(state={"done": done, "within": within, "found": found})

    def _write_children(
        self, task: Task, request: Request, parent: Any, lines: _Lines,
    ) -> Gone | None:
        """Keep the children of one parent; the error if it was deleted since it was delivered."""
        values = {f"parent.{name}": look_up(parent, name) for name in request.named_fields}
        fields = {name: look_up(parent, name)
                  for name in (*request.named_fields, *request.parent_fields)}
        try:
            for record, text in self._records(task, request, values, None, {PARENT: fields}):
                lines.write(text, record)
        except Gone as error:
            return error
        return None

    def _records(
        self, task: Task, request: Request, values: dict[str, Any], known: datetime | None,
        fields: dict[str, Any] | None = None,
    ) -> Iterator[tuple[Record, str]]:
        """Records with the text that is kept of each."""
        pages = Pages(
            self._client, request, values, self._secrets, known=known,
            instant_of=lambda record: _instant_of(task, record),
            identity=lambda record: _identity(task, record))
        for document, records in pages:
            sides = _sides(request, document)
            for record in records:
                yield record, with_fields(record, (fields or {}) | {
                    name: side[str(look_up(record.value, request.join[name].by))]
                    for name, side in sides.items()
                    if str(look_up(record.value, request.join[name].by)) in side})


class _Lines:
    """A file of JSON Lines that is being written."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._names: set[str] = set()

    def __enter__(self) -> None:
        self._file = self.path.open("w", encoding="utf-8", newline="\n")

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self.count:
            self.path.unlink()

    def write(self, text: str, record: Record) -> None:
        self._file.write(text + "\n")
        self.count += 1
        if isinstance(record.value, dict):
            self._names.update(record.value)

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


def _key(task: Task) -> list[str]:
    """Fields of a record that are its key."""
    return [name for name in task.table.key if not name.startswith("=")]


def _identity(task: Task, record: Record) -> Any:
    """What a record is known by: its key, else all that it says."""
    found = tuple(str(look_up(record.value, name)) for name in _key(task))
    return found if found and set(found) != {"None"} else record.text


def _instant_of(task: Task, record: Record) -> datetime | None:
    return as_instant(look_up(record.value, task.table.cursor)) if task.table.cursor else None


def _look_back(duration: str) -> timedelta:
    match = DURATION.match(duration) if duration else None
    if not match:
        return timedelta()
    return timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})


def _batches(path: Path, request: Request, skip: int) -> Iterator[tuple[int, list[Any]]]:
    """Records of a landed file that are no repetition, in batches with the number of their start.

    A record without the fields that are asked with has no children.
    """
    asked: set[tuple[str, ...]] = set()
    batch: list[Any] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            (record,) = read_document(line, "").records
            found = tuple(str(look_up(record.value, name)) for name in request.named_fields)
            if found in asked or "None" in found or (
                    request.only_where and look_up(record.value, request.only_where) is not True):
                continue
            asked.add(found)
            if len(asked) <= skip:
                continue
            batch.append(record.value)
            if len(batch) == PARENTS_AT_ONCE:
                yield len(asked) - len(batch), batch
                batch = []
    if batch:
        yield len(asked) - len(batch), batch


def _sides(request: Request, document: Document) -> dict[str, dict[str, dict[str, Any]]]:
    """For each join: what is added to a record, by the value that the record names it with."""
    return {name: {
        str(look_up(one, join.key)): {field: look_up(one, field) for field in join.fields}
        for one in look_up(document.rest, join.found_at) or ()}
        for name, join in request.join.items()}
