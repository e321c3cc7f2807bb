"""MySQL and MariaDB, read as rows stream in, in one read-only snapshot.

Whole numbers, decimals up to 38 digits, dates and times keep their type, TIMESTAMP is an instant in
UTC, DATETIME is not; other values come as text, JSON as JSON, binary ones in hexadecimal. Dates
that do not exist (0000-00-00, 2026-00-00) come empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa

from ingestion.connections import DatabaseConnection
from ingestion.extras import install
from ingestion.fetching.database import CursorKind, SourceColumn, first, where
from ingestion.fetching.driven import DrivenDatabase
from ingestion.fetching.fetcher import FetchError
from ingestion.fetching.mysql_rows import unpacked
from ingestion.fetching.refusals import refused_by_mysql, told_by_mysql

SCHEMES = ("mysql", "mariadb")
CONNECT_SECONDS = 15
# The server gives up first, and says so.
_GRACE_SECONDS = 30
# A server waits no longer for a reader that is slow.
_WRITE_SECONDS = 600
_UNSIGNED = 32  # flag of a column
_BINARY = 63  # number of the character set that is none
_INTEGERS = {
    "TINY": (pa.int8(), pa.uint8()), "SHORT": (pa.int16(), pa.uint16()),
    "INT24": (pa.int32(), pa.uint32()), "LONG": (pa.int32(), pa.uint32()),
    "LONGLONG": (pa.int64(), pa.uint64()), "YEAR": (pa.int16(), pa.int16()),
}
_TIMES = {"DATE": pa.date32(), "NEWDATE": pa.date32(), "DATETIME": pa.timestamp("us"),
          "TIMESTAMP": pa.timestamp("us", "UTC")}
_TEXTS = ("VARCHAR", "VAR_STRING", "STRING", "ENUM", "SET", "TINY_BLOB", "MEDIUM_BLOB", "LONG_BLOB",
          "BLOB")
class MySQL(DrivenDatabase):
    """An open MySQL or MariaDB database."""

    def __init__(self, connection: DatabaseConnection, url: str) -> None:
        try:
            import pymysql
        except ImportError as error:
            raise FetchError(
                f"the driver is not installed; run {install('mysql')}") from error
        try:
            self._connection = pymysql.connect(
                **_arguments(url, connection.url_env), connect_timeout=CONNECT_SECONDS,
                read_timeout=connection.timeout_seconds + _GRACE_SECONDS, charset="utf8mb4",
                conv=pymysql.converters.encoders, cursorclass=pymysql.cursors.SSCursor,
                autocommit=True, program_name="cx360")
        except (pymysql.err.MySQLError, OSError, RuntimeError) as error:
            raise FetchError(refused_by_mysql(error, connection.url_env)) from None
        for setting in (
                "time_zone = '+00:00'", f"net_write_timeout = {_WRITE_SECONDS}",
                "transaction_isolation = 'REPEATABLE-READ'"):
            name, _, value = setting.partition(" = ")
            old = "tx_isolation" if name == "transaction_isolation" else name
            self._execute(f"set session {name} = {value}", f"set session {old} = {value}")
        self._execute(f"set session max_statement_time = {connection.timeout_seconds}",
                      f"set session max_execution_time = {connection.timeout_seconds * 1000}")

    def begin(self) -> None:
        """Begin a transaction that sees one state and cannot write."""
        self._execute("start transaction with consistent snapshot, read only")

    def columns(self, relation: str) -> list[SourceColumn]:
        """Columns of a relation, by their types in the database."""
        with self._cursor() as cursor:
            cursor.execute(f"select * from {relation} limit 0")
            fields = list(cursor._result.fields)
        return [self._column(field) for field in fields]

    def batches(
        self, columns: Sequence[SourceColumn], relation: str, condition: str,
        most: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows as they stream in.

        The server packs each row into one JSON array and the engine takes it apart, because the
        driver needs a third of the time for a row of one value.
        """
        packed = ", ".join(f"cast({column.sql} as char)" for column in columns)
        with self._cursor() as cursor:
            cursor.execute(f"select json_array({packed}) from {relation}{where(condition)}"
                           f"{first(most)}")
            yield from unpacked(cursor, columns)

    def name(self, name: str) -> str:
        """A name in backquotes."""
        return "`" + name.replace("`", "``") + "`"

    def constant(self, value: str, column: SourceColumn) -> str:
        """A number as it is, else a text."""
        if column.cursor == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return value
        if column.type_name == "TIMESTAMP":  # the session's zone is UTC
            value = value.removesuffix("+00")
        with self._cursor() as cursor:
            return str(cursor.mogrify("%s", (value,)))

    def latest(self, column: SourceColumn) -> str:
        """The greatest value, cast."""
        return f"cast(max({self.name(column.name)}) as char)"

    def earlier(self, value: str, column: SourceColumn, seconds: int) -> str:
        """A time before a value."""
        moment = f"cast({self.constant(value, column)} as datetime(6))"
        return f"({moment} - interval {seconds} second)"

    def _column(self, field: Any) -> SourceColumn:
        from pymysql.constants import FIELD_TYPE

        type_name = next((name for name, number in vars(FIELD_TYPE).items()
                          if number == field.type_code and name not in ("CHAR", "INTERVAL")),
                         "unknown")
        name = self.name(field.name)
        is_unsigned = bool(field.flags & _UNSIGNED)
        cursor: CursorKind = ""
        sql, kind = name, pa.string()
        if type_name in _INTEGERS:
            kind, cursor = _INTEGERS[type_name][is_unsigned], "number"
        elif type_name in ("DECIMAL", "NEWDECIMAL"):
            precision = field.length - (not is_unsigned) - (field.scale > 0)
            kind = pa.decimal128(precision, field.scale) if precision <= 38 else kind
            cursor = "number"
        elif type_name in ("FLOAT", "DOUBLE"):
            # The server writes a FLOAT with six digits only.
            sql, kind, cursor = f"{name} + 0e0", pa.float64(), "number"
        elif type_name in _TIMES:
            kind, cursor = _TIMES[type_name], "time"
        elif type_name == "BIT":
            sql, kind = f"{name} + 0", pa.uint64()
        elif type_name == "GEOMETRY":
            sql = f"st_astext({name})"
        elif type_name == "JSON":
            kind = pa.json_()
        elif type_name in _TEXTS and field.charsetnr == _BINARY:
            sql = f"lower(hex({name}))"
        elif type_name in _TEXTS:
            cursor = "text"
        return SourceColumn(field.name, sql, kind, cursor, type_name)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A cursor whose errors are told by their number: their text may hold a row."""
        import pymysql

        cursor = self._connection.cursor()
        try:
            yield cursor
        except (pymysql.err.MySQLError, OSError) as error:
            raise FetchError(told_by_mysql(error)) from None
        finally:
            if self._connection.open:
                cursor.close()
            else:
                _let_go(cursor)


def _let_go(cursor: Any) -> None:
    """Have a cursor ask nothing more: when it is removed, it would ask a lost connection for the
    rest of its rows, and that ends in a traceback."""
    cursor.connection = None
    if cursor._result is not None:
        cursor._result.unbuffered_active = False


def _arguments(url: str, variable: str) -> dict[str, Any]:
    """Arguments of the driver from an address."""
    wrong = FetchError(f"{variable} is no address such as "
                       "mysql://user:password@server:3306/database")
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
    except ValueError:
        raise wrong from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise wrong
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if set(options) - {"ssl_ca"}:
        raise FetchError(f"{variable}: of options after `?` there is only ssl_ca, the file with "
                         "the certificate that the server is checked against")
    return {"host": parts.hostname, "port": port, "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.strip("/")) or None,
            **({"ssl_ca": options["ssl_ca"], "ssl_verify_identity": True} if options else {})}
