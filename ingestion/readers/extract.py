"""What a reader hands over, and the SQL with which its values are asked for.

The relation `extract` is a view as long as its rows can be left where they were read. What does
**not** belong here: opening files (`files.py`) and changing what was read (`reshape.py`).
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

_NOT_OF_A_FILE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE,
                  errno.ENOMEM}

_COLUMN = re.compile(r'extract\.("[^"]*")+')


class ExtractError(ValueError):
    """A file cannot be read at all; the message names the file and the remedy."""


class UnclearLinesError(ExtractError):
    """The engine cannot tell the lines of a file apart, or not all of them."""


def unopened(path: Path, error: OSError) -> ExtractError:
    """What is said of a file that the operating system does not give out.

    Raises:
        OSError: the given one, where it is no matter of this file: the disk is full, say.
    """
    if error.errno in _NOT_OF_A_FILE:
        raise error
    if isinstance(error, FileNotFoundError):
        return ExtractError(f"{path.name}: is no longer there; deliver it again")
    return ExtractError(f"{path.name}: cannot be opened ({type(error).__name__}); see to it that "
                        "cx360 may read it and that its disk answers")


@dataclass(frozen=True)
class Extract:
    """What a reader found: the names it can serve, and how to ask for one as SQL text.

    `is_typed` says that values come with the format's own types, so a declared decimal sign or
    date format does not apply. `record` is the whole source record as JSON; `without` gives the
    part of it outside the given names, `row` the number of the record in its file. `names_in` has
    the names of each file where files opened together need not have the same.
    """

    names: frozenset[str]
    is_typed: bool
    text: Callable[[str], str]
    record: str
    without: Callable[[Iterable[str]], str]
    row: str = "extract.cx360_row"
    names_in: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of_file(self, path: Path) -> Extract:
        """The same with the names of one file, where files opened together differ in theirs."""
        if not self.names_in:
            return self
        return replace(self, names=self.names_in.get(str(path), frozenset()))


def replace_extract(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Make `extract` a table with the rows of a query, which may read the present one."""
    con.execute("drop table if exists replaced")
    con.execute(f"create temp table replaced as {query}")
    drop_extract(con)
    con.execute("alter table replaced rename to extract")


def drop_extract(con: duckdb.DuckDBPyConnection) -> None:
    """Drop `extract`, be it a view or a table, and the rows it showed."""
    kinds = con.execute("select table_type from information_schema.tables "
                        "where table_name = 'extract'").fetchall()
    if kinds:
        con.execute(f"drop {'view' if kinds[0][0] == 'VIEW' else 'table'} extract")
    con.execute("drop table if exists numbered")


def identifier(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | None) -> str:
    """Quote an SQL string; None is null."""
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def file_list(paths: Iterable[Path]) -> str:
    """SQL list of files, each taken by its name and not as a pattern."""
    escaped = (re.sub(r"[\[*?]", r"[\g<0>]", str(path)) for path in paths)
    return "[" + ", ".join(map(literal, escaped)) + "]"


def trimmed(text: str) -> str:
    """SQL text without the blanks around it. A column's own text has hardly ever any, which is told
    at a third of what taking them off costs; what has to be computed is not computed twice.
    """
    if not _COLUMN.fullmatch(text):
        return f"trim({text})"
    # Blanks beyond ASCII make a text longer in bytes than in characters.
    return (f"case when {text} > '!' and not suffix({text}, ' ') and strlen({text}) = "
            f"length({text}) then {text} else trim({text}) end")


def json_path(name: str) -> str:
    """JSON path of a name with dots."""
    return path_of_fields(name.split("."))


def path_of_fields(fields: Iterable[str]) -> str:
    """JSON path into one field after the other, whose names may have dots."""
    return "$" + "".join('."' + field.replace('"', r'\"') + '"' for field in fields)


def told_names(extract: Extract, is_header: bool) -> str:
    """What an error may say of the file's columns.

    Args:
        extract: what was read.
        is_header: whether its names are names, by all that shows. Otherwise the first line may be
            a person's record, or have run into one.
    """
    if is_header:
        return f"the file has {', '.join(sorted(extract.names)[:30])}"
    return ("its first line may be no header, or have run into a record: check `delimiter`, and "
            "that the first line is the header and whole")


def columnar(
    columns: tuple[str, ...], *, is_typed: bool, doubles: frozenset[str] = frozenset(),
    decimals: frozenset[str] = frozenset(),
) -> Extract:
    """An `extract` with a column for each name; `a.b` reaches into a nested or a JSON column.

    The record keeps `doubles` and `decimals` as text: read again, a JSON number loses digits.
    """
    def plain(name: str) -> str:
        column = f"extract.{identifier(name)}"
        return f"cast({column} as varchar)" if is_typed else column

    def text(name: str) -> str:
        first, _, rest = name.partition(".")
        if name not in columns and rest and first in columns:
            nested = f"extract.{identifier(first)}"
            # A text may hold JSON, also in a file with types.
            whole = f"cast({nested} as varchar)"
            document = (f"case when json_valid({whole}) then cast({whole} as json) "
                        f"else to_json({nested}) end" if is_typed
                        else f"case when json_valid({nested}) then {nested} end")
            return f"json_extract_string({document}, {literal(json_path(rest))})"
        column = f"extract.{identifier(name)}"
        if name in doubles:  # a whole number stored as double is not written with .0
            return (f"case when {column} = trunc({column}) and abs({column}) < 1e15 "
                    f"then cast(cast({column} as bigint) as varchar) "
                    f"else cast({column} as varchar) end")
        return plain(name)

    def as_json(names: Iterable[str], exact: frozenset[str] = frozenset()) -> str:
        pairs = ", ".join(
            f"{literal(n)}: {text(n) if n in exact else f'extract.{identifier(n)}'}"
            for n in sorted(names))
        return f"cast(to_json({{{pairs}}}) as varchar)" if pairs else "cast(null as varchar)"

    def without(names: Iterable[str]) -> str:
        rest = sorted(set(columns) - set(names))
        if not rest:
            return "cast(null as varchar)"
        filled = ", ".join(f"nullif({trimmed(plain(n))}, '')" for n in rest)
        return f"case when coalesce({filled}) is not null then {as_json(rest)} end"

    return Extract(
        names=frozenset(columns),
        is_typed=is_typed,
        text=text,
        record=as_json(columns, doubles | decimals),
        without=without,
    )
