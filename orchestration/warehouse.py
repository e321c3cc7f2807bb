"""The one door through which Python reads the warehouse: short, read-only, closed in `finally`.

dbt is the only writer of the warehouse file. A connection left open here would make its next write
fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from ingestion.readers.files import identifier, literal

CHUNK_ROWS = 250_000
_MARKUP = re.compile(r"[&<>|\[\]!`*_~#@\\]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What Markdown reads as mark-up within a line, links without any mark among it."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Chat tools know these entities only, so that the other characters are shown as ones that look
# alike; an underscore within a word and the @ of a mail address are no mark-up there.
_CHAT_LETTERS = {
    **_ENTITIES, "|": "¦", "[": "［", "]": "］", "!": "！", "`": "'",
    "*": "∗", "_": "＿", "~": "∼", "#": "＃", "@": "＠", "\\": "＼", ":": "：", ".": "．"}


@contextmanager
def reading(
    warehouse: Path, memory_limit: str | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the warehouse; `memory_limit` for steps that work in it.

    Raises:
        FileNotFoundError: no run has built the warehouse yet.
    """
    require_warehouse(warehouse)
    con = duckdb.connect(str(warehouse), read_only=True)
    try:
        if memory_limit:
            con.execute(f"set memory_limit = {literal(memory_limit)}")
        yield con
    finally:
        con.close()


def require_warehouse(warehouse: Path) -> None:
    """Raise FileNotFoundError where no run has built the warehouse yet."""
    if not warehouse.exists():
        raise FileNotFoundError(f"{warehouse} does not exist yet; run `cx360 run` first")


@contextmanager
def engine(memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own, for Parquet files that do not need the warehouse."""
    con = duckdb.connect(config={"memory_limit": memory_limit})
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def frames(
    con: duckdb.DuckDBPyConnection, query: str, rows: int = CHUNK_ROWS,
) -> Iterator[pd.DataFrame]:
    """Stream a result in frames of at most `rows` rows; Arrow types, which convert at no cost."""
    for batch in con.sql(query).to_arrow_reader(rows):
        yield batch.to_pandas(types_mapper=pd.ArrowDtype)


def keep_frame(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Make a temporary table of a frame, in place of one of that name."""
    con.register("kept_frame", frame)
    con.execute(f"create or replace temp table {identifier(name)} as select * from kept_frame")
    con.unregister("kept_frame")


def count_rows(warehouse: Path, tables: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Rows of (schema, table) pairs; those that do not exist are left out."""
    with reading(warehouse) as con:
        present = {(schema, name) for schema, name in con.execute(
            "select table_schema, table_name from information_schema.tables").fetchall()}
        return {table: con.execute(
            f"select count(*) from {identifier(table[0])}.{identifier(table[1])}").fetchall()[0][0]
            for table in tables if table in present}


def preview(
    warehouse: Path, schema: str, table: str, columns: list[str], rows: int = 5,
) -> str:
    """The first rows as a Markdown table; the caller names columns without personal data."""
    picked = ", ".join(identifier(column) for column in columns)
    with reading(warehouse) as con:
        found = con.execute(f"select {picked} from {identifier(schema)}.{identifier(table)} "
                            f"order by all limit {rows}").fetchall()
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(escape_cell(value) for value in row) + " |" for row in found]
    return "\n".join(lines)


def escape_cell(value: object) -> str:
    """Text of one cell of a Markdown table; nothing in it is read as mark-up."""
    return "" if value is None else escape_markdown(" ".join(str(value).split())[:80])


def escape_markdown(text: str) -> str:
    """Text on one line of Markdown; nothing in it is read as mark-up, and all of it is shown."""
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0]) or f"&#{ord(found[0])};",
                       " ".join(text.split()))


def escape_chat(text: str) -> str:
    """The same for chat tools, which read Markdown of their own and mentions."""
    def replace(found: re.Match[str]) -> str:
        before, after = (character.isalnum() for character in (
            text[max(found.start() - 1, 0):found.start()], text[found.end():found.end() + 1]))
        is_part = found[0] in "_@" and before and after
        return found[0] if is_part else _CHAT_LETTERS[found[0]]

    return _MARKUP.sub(replace, text)
