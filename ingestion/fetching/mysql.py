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

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.connections import DatabaseConnection
from ingestion.extras import install
from ingestion.fetching.database import CursorKind, SourceColumn, where
from ingestion.fetching.fetcher import FetchError

SCHEMES = ("mysql", "mariadb")
CONNECT_SECONDS = 15
# A batch ends with whichever comes first.
BATCH_ROWS = 50_000
BATCH_CHARACTERS = 8 << 20
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
_NOW = {"TIMESTAMP": "utc_timestamp()"}
_TEXTS = ("VARCHAR", "VAR_STRING", "STRING", "ENUM", "SET", "TINY_BLOB", "MEDIUM_BLOB", "LONG_BLOB",
          "BLOB")
# Error number -> what to do.
_REMEDIES = {
    1146: "there is no such table; check `table` or `query` (names as in the database, with upper "
          "and lower case)",
    1049: "there is no such database; check the address in the environment, `table` and `query`",
    1054: "there is no such column; check `query`, `cursor` and `key`",
    1142: "the database user may not read it; grant SELECT on it",
    1143: "the database user may not read a column of it; grant SELECT on it",
    1044: "the database user may not use this database; grant SELECT on what is read",
    1064: "`query` is no SQL that this database reads",
    1060: "`query` gives two columns of one name; give each its own",
    1792: "the query tries to write; a source is only read",
    1969: "it took longer than `timeout_seconds` of the connection",
    1305: "this version of the server is too old: MySQL 5.7.8 or MariaDB 10.2.3 is needed",
    3024: "it took longer than `timeout_seconds` of the connection",
    1040: "the server has no room for another connection",
    2006: "the connection was lost; try again",
    2013: "the connection was lost; try again",
}


class MySQL:
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
            raise FetchError(_refused(error, connection.url_env)) from None
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

    def end(self) -> None:
        """End it."""
        self._execute("rollback")

    def columns(self, relation: str) -> list[SourceColumn]:
        """Columns of a relation, by their types in the database."""
        with self._cursor() as cursor:
            cursor.execute(f"select * from {relation} limit 0")
            fields = list(cursor._result.fields)
        return [self._column(field) for field in fields]

    def batches(
        self, columns: Sequence[SourceColumn], relation: str, condition: str,
    ) -> Iterator[pa.RecordBatch]:
        """Rows as they stream in.

        The server packs each row into one JSON array and the engine takes it apart, because the
        driver needs a third of the time for a row of one value.
        """
        packed = ", ".join(f"cast({column.sql} as char)" for column in columns)
        with self._cursor() as cursor:
            cursor.execute(f"select json_array({packed}) from {relation}{where(condition)}")
            while rows := _some_rows(cursor):
                yield _unpacked(rows, columns)

    def value(self, sql: str) -> str | None:
        """The one value of a statement."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone()
        return None if row is None or row[0] is None else str(row[0])

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
        """The greatest value; of times none after now, which would hide all that comes."""
        greatest = f"max({self.name(column.name)})"
        if column.cursor == "time":
            now = _NOW.get(column.type_name, "utc_timestamp() + interval 1 day")
            greatest = f"least({greatest}, {now})"
        return f"cast({greatest} as char)"

    def earlier(self, value: str, column: SourceColumn, seconds: int) -> str:
        """A time before a value."""
        moment = f"cast({self.constant(value, column)} as datetime(6))"
        return f"({moment} - interval {seconds} second)"

    def close(self) -> None:
        """Close the connection, also one that is broken."""
        try:
            self._connection.close()
        except Exception:  # nothing more is asked of it
            return

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

    def _execute(self, *statements: str) -> None:
        """Execute the first statement that the server knows: MySQL's and MariaDB's differ."""
        for number, sql in enumerate(statements, 1):
            try:
                with self._cursor() as cursor:
                    cursor.execute(sql)
                return
            except FetchError:
                if number == len(statements):
                    raise

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A cursor whose errors are told by their number: their text may hold a row."""
        import pymysql

        cursor = self._connection.cursor()
        try:
            yield cursor
        except (pymysql.err.MySQLError, OSError) as error:
            raise FetchError(told(error)) from None
        finally:
            if self._connection.open:
                cursor.close()


def told(error: Exception) -> str:
    """A sentence about an error of the server."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    remedy = _REMEDIES.get(number, "the database refuses or the connection was lost")
    return f"{remedy} ({f'error {number}' if number else type(error).__name__})"


def _some_rows(cursor: Any) -> list[str | None]:
    """The next rows, each packed; none at the end."""
    rows: list[str | None] = []
    size = 0
    while len(rows) < BATCH_ROWS and size < BATCH_CHARACTERS:
        row = cursor.fetchone()
        if row is None:
            break
        rows.append(row[0])
        size += len(row[0] or "")
    return rows


def _unpacked(rows: list[str | None], columns: Sequence[SourceColumn]) -> pa.RecordBatch:
    lines = pa.table({"line": pa.array(rows, pa.string())})
    if lines["line"].null_count:
        raise FetchError("a row is larger than the server's max_allowed_packet; raise that, or "
                         "leave out its large column with `query`")
    picked = ", ".join(f"v[{number}]" for number in range(1, len(columns) + 1))
    places = ", ".join(f"'$[{number}]'" for number in range(len(columns)))
    with duckdb.connect() as con:
        con.register("lines", lines)
        table = con.sql(f"select {picked} from (select json_extract_string(line, [{places}]) as v "
                        "from lines)").to_arrow_table()
    return pa.record_batch(
        [_typed(table.column(number).combine_chunks(), column.type)
         for number, column in enumerate(columns)], names=[column.name for column in columns])


def _typed(texts: pa.Array, wanted: pa.DataType) -> pa.Array:
    if isinstance(wanted, pa.JsonType):
        return pa.ExtensionArray.from_storage(wanted, texts)
    if pa.types.is_temporal(wanted):
        exists = pc.invert(pc.match_substring_regex(texts, "^0000|-00"))
        texts = pc.if_else(exists, texts, pa.scalar(None, pa.string()))
        if wanted == pa.timestamp("us", "UTC"):
            return texts.cast(pa.timestamp("us")).cast(wanted)
    return texts.cast(wanted)


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


def _refused(error: Exception, variable: str) -> str:
    """Why no connection came about; the driver's text names user and server."""
    number = error.args[0] if error.args else 0
    if number == 1045:
        return (f"the server refuses user or password; check {variable} (characters such as @ or / "
                "in a password are written %40 or %2F) (error 1045)")
    if number in (1044, 1049, 1698):
        return (f"the server refuses the login; check user and database name in {variable} "
                f"(error {number})")
    if isinstance(error, RuntimeError):  # its way of login needs a library
        return ("this way of login needs the library cryptography; run " + install("mysql"))
    return (f"the server does not answer; check the address in {variable}, the network and that "
            f"the server runs ({type(error).__name__})")
