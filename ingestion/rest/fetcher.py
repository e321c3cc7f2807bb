"""Fetches one table of a REST API into JSON Lines, record by record as delivered.

What does **not** belong here: following pages (`pages.py`), requests for each record of another
table (`children.py`), and which files count (`fetching/landing.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from ingestion.declaration import DURATION, SourceDeclaration
from ingestion.fetching.fetcher import Fetched, Position, Secrets, Task
from ingestion.rest.children import Children
from ingestion.rest.client import RestClient
from ingestion.rest.cursors import CursorCheck
from ingestion.rest.instants import as_instant, write_instant
from ingestion.rest.lines import Lines
from ingestion.rest.records import identity_of, instant_of, key_of, records_of
from ingestion.rest.seen import Seen
from ingestion.rest.settings import Request, RestConnection


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
            yield from Children(self._client, self._secrets, task, request).fetch()
        else:
            yield from self._fetch_records(task, request)

    def _fetch_records(self, task: Task, request: Request) -> Iterator[Fetched | Position]:
        reached = as_instant(task.since.cursor) if task.since else None
        known = reached - _look_back(task.table.look_back) if reached else None
        values = {"since": write_instant(known, request.since)}
        seen = None
        if task.table.cursor and key_of(task):  # without a key, equal records may be several
            kept = task.since.state.get("seen", "") if task.since else ""
            seen = Seen(kept, newest_first=request.newest_first)
        lines, check = Lines(task.folder / "rows.jsonl"), CursorCheck(task.table.cursor)
        with lines:
            for record, text in records_of(
                    self._client, self._secrets, task, request, values, known=known):
                if seen is None or seen.is_new(identity_of(task, record), text):
                    lines.write(text, record)
                instant = instant_of(task, record)
                check.look_at(record, instant)
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
        check.refuse_without_time(request)


def _look_back(duration: str) -> timedelta:
    match = DURATION.match(duration) if duration else None
    if not match:
        return timedelta()
    return timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})
