"""Rows of MySQL and MariaDB, each packed by the server into one JSON array, as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.fetching.database import SourceColumn
from ingestion.fetching.fetcher import FetchError

# A batch ends with whichever comes first.
BATCH_ROWS = 50_000
BATCH_CHARACTERS = 8 << 20


def unpacked(cursor: Any, columns: Sequence[SourceColumn]) -> Iterator[pa.RecordBatch]:
    """The rows that a cursor gives, with the types of their columns, a few at a time.

    Raises:
        FetchError: a row was too large to be packed.
    """
    while rows := _some_rows(cursor):
        yield _unpacked(rows, columns)


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
