"""What a kind of database has to offer so that tables and queries of it can be fetched.

What does **not** belong here: which rows are asked for (`rows.py`), and each kind's own SQL
(`postgresql.py`, `mysql.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import pyarrow as pa

CursorKind = Literal["number", "time", "text", ""]


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table or query: the SQL that selects it, and its type in Parquet.

    `cursor` says how its values can be ordered and stepped back, empty where they cannot;
    `type_name` is what the database calls its type, with which a value is written in SQL.
    """

    name: str
    sql: str
    type: pa.DataType
    cursor: CursorKind
    type_name: str


class Database(Protocol):
    """An open database. All that is asked between `begin` and `end` sees one state of it.

    Every method raises `FetchError` where the database refuses.
    """

    def begin(self) -> None:
        """Begin to read one state; nothing can be written."""
        ...

    def end(self) -> None:
        """Let that state go."""
        ...

    def columns(self, relation: str) -> list[SourceColumn]:
        """Columns of a relation, in order; no row is read."""
        ...

    def batches(
        self, columns: Sequence[SourceColumn], relation: str, condition: str,
        most: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """These columns of the rows that meet a condition, a few at a time; at `most` so many."""
        ...

    def value(self, sql: str) -> str | None:
        """The one value of a statement, as text."""
        ...

    def name(self, name: str) -> str:
        """A name as SQL."""
        ...

    def constant(self, value: str, column: SourceColumn) -> str:
        """A value as SQL of the column's type."""
        ...

    def latest(self, column: SourceColumn) -> str:
        """SQL of a column's greatest value, as text."""
        ...

    def earlier(self, value: str, column: SourceColumn, seconds: int) -> str:
        """SQL of a time that lies some seconds before a value."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


def quoted(text: str) -> str:
    """A text in SQL's single quotes; for databases that take a backslash as it is."""
    return "'" + text.replace("'", "''") + "'"


def where(condition: str) -> str:
    """A condition as SQL; every row meets the empty one."""
    return f" where {condition}" if condition else ""


def first(most: int | None) -> str:
    """A limit of rows as SQL; none where all are wanted."""
    return "" if most is None else f" limit {most}"


def schema_of(columns: Sequence[SourceColumn]) -> pa.Schema:
    """Their schema in Parquet."""
    return pa.schema([(column.name, column.type) for column in columns])
