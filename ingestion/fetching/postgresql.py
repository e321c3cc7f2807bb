"""PostgreSQL, read over ADBC: Arrow batches from a binary COPY, in one read-only snapshot.

Numbers of declared precision, dates, times and truth values keep their type; other numbers and
everything without a type of its own (uuid, enum, interval, range, bytea, …) come as text, arrays
and JSON as JSON. `NaN` and `infinity`, which are no number and no date, come empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from ingestion.connections import DatabaseConnection
from ingestion.extras import install
from ingestion.fetching.database import CursorKind, SourceColumn, first, quoted, where
from ingestion.fetching.driven import DrivenDatabase
from ingestion.fetching.fetcher import FetchError
from ingestion.fetching.refusals import refused_by_postgresql, told_by_postgresql

SCHEMES = ("postgresql", "postgres")
CONNECT_SECONDS = 15
_BATCH_BYTES = 8 << 20
_PLAIN: dict[str, tuple[pa.DataType, CursorKind]] = {
    "int2": (pa.int16(), "number"), "int4": (pa.int32(), "number"),
    "int8": (pa.int64(), "number"), "float4": (pa.float32(), "number"),
    "float8": (pa.float64(), "number"), "bool": (pa.bool_(), ""), "text": (pa.string(), "text"),
    "varchar": (pa.string(), "text"), "time": (pa.time64("us"), ""),
}
_FINITE: dict[str, pa.DataType] = {
    "date": pa.date32(), "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC")}


class PostgreSQL(DrivenDatabase):
    """An open PostgreSQL database."""

    def __init__(self, connection: DatabaseConnection, url: str) -> None:
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise FetchError(
                f"the driver is not installed; run {install('postgresql')}") from error
        try:
            self._connection = dbapi.connect(
                _address(url, connection.url_env), autocommit=True)
        except dbapi.Error as error:
            raise FetchError(refused_by_postgresql(error, connection.url_env)) from None
        for setting in (f"statement_timeout = {connection.timeout_seconds * 1000}",
                        "timezone = 'UTC'", "client_encoding = 'UTF8'",
                        "synchronize_seqscans = off", "standard_conforming_strings = on"):
            self._execute(f"set {setting}")

    def begin(self) -> None:
        """Begin a transaction that sees one state and cannot write."""
        self._execute("begin isolation level repeatable read read only")

    def columns(self, relation: str) -> list[SourceColumn]:
        """Columns of a relation, by their types in the database."""
        with self._cursor() as cursor:
            schema = cursor.adbc_execute_schema(f"select * from {relation}")
        return [self._column(schema.field(number)) for number in range(len(schema))]

    def batches(
        self, columns: Sequence[SourceColumn], relation: str, condition: str,
        most: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows as they stream in."""
        selected = ", ".join(f"{column.sql} as {self.name(column.name)}" for column in columns)
        sql = f"select {selected} from {relation}{where(condition)}{first(most)}"
        with self._cursor() as cursor:
            cursor.adbc_statement.set_options(
                **{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
            cursor.execute(sql)
            # The public `fetch_record_batch` loses the SQLSTATE of what fails on the way.
            for batch in cursor._results.reader:
                yield pa.record_batch([
                    _typed(batch.column(number), column.type)
                    for number, column in enumerate(columns)],
                    names=[column.name for column in columns])

    def name(self, name: str) -> str:
        """A name in double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def constant(self, value: str, column: SourceColumn) -> str:
        """A text, cast to the column's type where that has an order."""
        return quoted(value) + (f"::{column.type_name}" if column.cursor else "")

    def latest(self, column: SourceColumn) -> str:
        """The greatest value, cast; NaN and infinity, which are greater than all, are none."""
        name = self.name(column.name)
        is_finite = (f" filter (where {name}::float8 < 'Infinity')"
                     if column.type_name in ("numeric", "float4", "float8") else "")
        return f"(max({name}){is_finite})::text"

    def earlier(self, value: str, column: SourceColumn, seconds: int) -> str:
        """A time before a value."""
        return f"({self.constant(value, column)} - interval '{seconds} seconds')"

    def _column(self, field: pa.Field) -> SourceColumn:
        metadata = field.metadata or {}
        type_name = metadata.get(b"POSTGRESQL:type", b"").decode()
        name = self.name(field.name)
        if type_name in _PLAIN:
            return SourceColumn(field.name, name, *_PLAIN[type_name], type_name)
        if type_name in _FINITE:
            return SourceColumn(field.name, f"case when isfinite({name}) then {name} end",
                                _FINITE[type_name], "time", type_name)
        if type_name == "numeric":
            precision, scale = _precision(int(metadata.get(b"POSTGRESQL:typmod", b"-1")))
            if 0 <= scale <= precision <= 38:
                return SourceColumn(field.name, f"nullif({name}, 'NaN')::text",
                                    pa.decimal128(precision, scale), "number", type_name)
            return SourceColumn(field.name, f"{name}::text", pa.string(), "number", type_name)
        if type_name == "money":
            return SourceColumn(field.name, f"{name}::numeric::text", pa.string(), "", type_name)
        if type_name in ("json", "jsonb"):
            return SourceColumn(field.name, f"{name}::text", pa.json_(), "", type_name)
        if type_name.startswith("_"):
            return SourceColumn(field.name, f"to_json({name})::text", pa.json_(), "", type_name)
        return SourceColumn(field.name, f"{name}::text", pa.string(),
                            "text" if type_name in ("bpchar", "name") else "", type_name)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A cursor whose errors are told by their SQLSTATE: their text may hold a row."""
        from adbc_driver_postgresql import dbapi

        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except (dbapi.Error, pa.ArrowException, OSError) as error:
            raise FetchError(told_by_postgresql(
                getattr(error, "sqlstate", "") or "", type(error).__name__)) from None


def _precision(modifier: int) -> tuple[int, int]:
    """Declared precision and scale of a numeric; (0, 1) where nothing was declared."""
    return ((modifier - 4) >> 16 & 0xffff, (modifier - 4) & 0x7ff) if modifier >= 4 else (0, 1)


def _typed(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    if isinstance(wanted, pa.JsonType):
        return pa.ExtensionArray.from_storage(wanted, values)
    return values if values.type == wanted else values.cast(wanted)


def _address(url: str, variable: str) -> str:
    """The address with limits for a server that does not answer."""
    try:
        parts = urlsplit(url)
        given = parse_qs(parts.query)
    except ValueError:
        parts, given = urlsplit(""), {}
    if parts.scheme not in SCHEMES:
        raise FetchError(f"{variable} does not begin with postgresql://; write "
                         "postgresql://user:password@server:5432/database")
    limits = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": 60,
              "application_name": "cx360"}
    added = "&".join(f"{name}={value}" for name, value in limits.items() if name not in given)
    return url + ("&" if parts.query else "?") + added
