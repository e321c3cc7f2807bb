"""Notices a `cursor` that tells no time, so that no fetch gets further than the one before."""

from __future__ import annotations

from datetime import datetime

from ingestion.fetching.fetcher import FetchError
from ingestion.rest.documents import Record, has_field, look_up
from ingestion.rest.settings import Request
from ingestion.rest.texts import place_of

_NAMES_TOLD = 30


class CursorCheck:
    """What the records of one fetch have where `cursor` points to."""

    def __init__(self, cursor: str) -> None:
        self._cursor = cursor
        self._names: dict[str, None] = {}
        self._is_there = self._has_value = self._has_time = False

    def look_at(self, record: Record, instant: datetime | None) -> None:
        """Take note of a record and the time that its cursor tells."""
        if self._has_time or not self._cursor:
            return
        self._has_time = instant is not None
        self._has_value |= look_up(record.value, self._cursor) is not None
        self._is_there |= has_field(record.value, self._cursor)
        if isinstance(record.value, dict):
            self._names |= dict.fromkeys(record.value)

    def refuse_without_time(self, request: Request) -> None:
        """Empty cursors pass: of records that never changed, some APIs tell no time of change.

        Raises:
            FetchError: no record has the field, or what they have there are no times.
        """
        if self._has_time or not self._names or (self._is_there and not self._has_value):
            return
        wrong = (f"`cursor`: no value of {self._cursor} is a time (as ISO 8601 has it, or seconds "
                 "or milliseconds since 1970); name another field" if self._is_there else
                 f"`cursor`: no record has {self._cursor}; there is "
                 f"{', '.join(list(self._names)[:_NAMES_TOLD])}. Correct it")
        raise FetchError(f"{place_of(request)}: {wrong} in the declaration: until then every fetch "
                         "asks for the same records again")
