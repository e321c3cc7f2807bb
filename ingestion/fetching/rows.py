"""Fetches tables and queries of a database: all rows, or those from a cursor's last value on.

Everything of one fetch is one state of the database. Rows whose cursor equals the last value are
asked for again, and so are those that changed late (`look_back`) and those without a cursor; where
the table has a key, only rows that differ from what has landed are kept. What does **not** belong
here: the databases' own SQL, and comparing (`changes.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.declaration import TableDeclaration
from ingestion.fetching.changes import Changes
from ingestion.fetching.database import Database, SourceColumn, schema_of, where
from ingestion.fetching.fetcher import Fetched, FetchError, Position, Task
from ingestion.fetching.parquet import write_files
from ingestion.missing_columns import missing_required

# Without a `look_back`: how far back rows are asked for again, as transactions end out of order.
LOOK_BACK_SECONDS = 86_400
LOOK_BACK_NUMBERS = 1_000
# No clock is farther behind UTC.
FARTHEST_BACK = timedelta(hours=12)
_SECONDS = {"h": 3600, "d": 86_400}
# What a query consists of, as far as it takes to know where it ends.
_TOKEN = re.compile(
    r"""(?P<end>;)|\s+|--[^\n]*|/\*.*?\*/|(?P<text>'[^']*'|"[^"]*"|`[^`]*`|.)""", re.DOTALL)
# Rows that are known to be missing are asked for by their keys, up to this many at a time …
_KEYS_AT_A_TIME = 500
# … and where there are more of them, everything is read again.
_MOST_KEYS = 20_000


class DatabaseFetcher:
    """Fetches from a database, which is opened at once and again where the connection was lost."""

    def __init__(self, opened: Callable[[], Database]) -> None:
        self._opened = opened
        self._database = opened()

    def fetch(self, task: Task) -> Iterator[Fetched | Position]:
        """Rows that are new or changed, deletions where they are asked for, and the position.

        Raises:
            FetchError: the database refuses, or the declaration does not fit its table.
        """
        self._begin()
        try:
            yield from _Fetch(self._database, task).run()
        finally:
            with suppress(FetchError):  # of a connection that broke, the first error counts
                self._database.end()

    def close(self) -> None:
        """Let the database go."""
        self._database.close()

    def _begin(self) -> None:
        """What broke the connection under one table shall not keep the next from being fetched."""
        try:
            self._database.begin()
        except FetchError:
            self._database.close()
            self._database = self._opened()
            self._database.begin()


class _Fetch:
    """One table within one transaction."""

    def __init__(self, database: Database, task: Task) -> None:
        self._database, self._task, self._table = database, task, task.table
        self._relation = _relation(database, task.table)
        columns = database.columns(self._relation)
        self._columns = {column.name: column for column in columns}
        if len({name.casefold() for name in self._columns}) < len(columns):
            raise FetchError("`query` gives two columns of one name (upper and lower case are the "
                             "same); give each its own")
        self._refuse_without_required()
        self._key = [self._columns[name] for name in _key(task.table, self._columns)]
        self._changes = Changes(task.folder, [column.name for column in self._key], task.landed)

    def _refuse_without_required(self) -> None:
        """What landed without such a column would never load, and is not asked for again."""
        missing = missing_required(
            self._table, lambda name: name in self._columns or name.split(".")[0] in self._columns)
        if missing:
            raise FetchError(
                f"column {', '.join(missing)} is missing; there is "
                f"{', '.join(list(self._columns)[:30])}. Nothing is fetched until the declaration "
                "names what is there, or the database has it again")

    def run(self) -> Iterator[Fetched | Position]:
        if self._task.most is not None:
            yield from self._rows("", "rows", keep_empty=True)
            yield Position()
            return
        cursor, condition = self._position()
        is_first = not self._task.landed
        files = list(self._rows(condition, "rows", keep_empty=is_first))
        if self._key and not is_first:
            files = self._changes.keep_changed(files)
        if self._table.deleted == "compare_keys":
            files += self._compare_keys(files)
        yield from files
        yield Position(cursor)

    def _position(self) -> tuple[str, str]:
        """The cursor that this fetch reaches, and the SQL of the rows it asks for."""
        if not self._table.cursor:
            return "", ""
        column = self._column(self._table.cursor, "cursor")
        if not column.cursor:
            raise FetchError(f"`cursor`: column {column.name} is of type {column.type_name}; it "
                             "has to be a number, a date, a time or a text")
        name, since = self._database.name(column.name), ""
        if self._task.since and self._task.since.cursor:
            since = f"{name} >= {self._since(column, self._task.since.cursor)}"
        known = " and ".join(filter(None, (since, self._until_now(column))))
        reached = self._database.value(f"select {self._database.latest(column)} from "
                                       f"{self._relation}{where(known)}")
        cursor = reached or (self._task.since.cursor if self._task.since else "")
        return cursor, f"({since} or {name} is null)" if since else ""

    def _until_now(self, column: SourceColumn) -> str:
        """SQL that leaves out times after now: reached, they would hide all that comes until then.

        Where nothing says where the clock of local times stands, it is the one farthest back.
        """
        if column.cursor != "time":
            return ""
        now = self._task.now
        if not pa.types.is_timestamp(column.type) or column.type.tz is None:
            zone = _zone(self._table, column.name)
            now = now.astimezone(ZoneInfo(zone)) if zone else now - FARTHEST_BACK
        constant = self._database.constant(f"{now:%Y-%m-%d %H:%M:%S.%f}", column)
        return f"{self._database.name(column.name)} <= {constant}"

    def _since(self, column: SourceColumn, value: str) -> str:
        look_back = self._table.look_back
        if column.cursor == "time":
            if look_back.isdigit():
                raise FetchError(f"`look_back: {look_back}`: cursor {column.name} is a time; write "
                                 "a duration such as 2d or 6h")
            seconds = (int(look_back[:-1]) * _SECONDS[look_back[-1]] if look_back
                       else LOOK_BACK_SECONDS)
            return self._database.earlier(value, column, seconds)
        if look_back and not (look_back.isdigit() and column.cursor == "number"):
            raise FetchError(f"`look_back: {look_back}`: cursor {column.name} is no time; write a "
                             "number for a number, and leave it out for a text")
        constant = self._database.constant(value, column)
        steps = int(look_back or LOOK_BACK_NUMBERS)
        return f"({constant} - {steps})" if column.cursor == "number" else constant

    def _rows(self, condition: str, name: str, *, keep_empty: bool = False) -> Iterator[Fetched]:
        columns = list(self._columns.values())
        batches = self._database.batches(columns, self._relation, condition, self._task.most)
        return write_files(batches, schema_of(columns), self._task.folder, name,
                           keep_empty=keep_empty)

    def _compare_keys(self, fetched: Sequence[Fetched]) -> list[Fetched]:
        """Tombstones of the keys that are gone, and rows whose keys are new all the same.

        The latter were written with a cursor below what was asked for, or deleted and brought back.
        """
        if not self._key:
            raise FetchError("`deleted: compare_keys` needs key columns that the table itself has")
        keys = list(write_files(
            self._database.batches(self._key, self._relation, ""),
            schema_of(self._key), self._task.folder, "keys", keep_empty=True))
        found = self._changes.compare(
            [file.path for file in fetched], [file.path for file in keys], self._task.now)
        if found.known and not sum(file.rows for file in keys) and not self._table.may_be_empty:
            raise FetchError(
                f"the table has no rows any more, {found.known:,} were known; nothing is marked as "
                "deleted. If it may be empty, declare `may_be_empty: true`")
        more: list[Fetched] = []
        if len(found.missing) > _MOST_KEYS:
            more = self._changes.keep_changed(list(self._rows("", "again")))
        else:
            for start in range(0, len(found.missing), _KEYS_AT_A_TIME):
                some = found.missing[start:start + _KEYS_AT_A_TIME]
                more += self._rows(self._has_key(some), f"missing_{start}")
        return [*more, *found.tombstones]

    def _has_key(self, keys: Sequence[tuple[str, ...]]) -> str:
        def equals(value: str, column: SourceColumn) -> str:
            # What has a text of its own only is compared as that text.
            left = self._database.name(column.name) if column.cursor else column.sql
            return f"{left} = {self._database.constant(value, column)}"

        return " or ".join(
            "(" + " and ".join(map(equals, key, self._key)) + ")" for key in keys)

    def _column(self, name: str, setting: str) -> SourceColumn:
        if name not in self._columns:
            raise FetchError(f"`{setting}`: there is no column {name}; there is "
                             f"{', '.join(list(self._columns)[:30])}")
        return self._columns[name]


def _relation(database: Database, table: TableDeclaration) -> str:
    if table.table:
        return ".".join(map(database.name, table.table.split(".")))
    query = _without_end(table.query.strip())
    return f"(\n{query}\n) as cx360_rows"  # the line end also ends a comment


def _without_end(query: str) -> str:
    """A query without the semicolon after it and comments after that."""
    end = None
    for token in _TOKEN.finditer(query):
        if token.lastgroup == "end" and end is None:
            end = token.start()
        elif token.lastgroup == "text":
            end = None
    return query[:end]


def _zone(table: TableDeclaration, column: str) -> str:
    """The declared time zone of a column's local times; empty where there is none."""
    own = [mapping.time_zone for mapping in (table.updated_at, *table.columns.values())
           if mapping and mapping.time_zone and column in mapping.names]
    return own[0] if own else table.time_zone if "time_zone" in table.model_fields_set else ""


def _key(table: TableDeclaration, columns: dict[str, SourceColumn]) -> list[str]:
    """Columns of the key, where the table itself has all of them."""
    names = [name for name in table.key if not name.startswith("=")]
    return names if all(name in columns for name in names) else []
