"""Keeps values of rows out of what is told of an error.

DuckDB quotes the value that it could not read, and its message goes into dbt's logs and results,
Dagster's events and on the screen. So the message is cut where it is made, for the whole process.
"""

from __future__ import annotations

import re

import duckdb

# Errors about SQL, files and resources: they name tables, columns and paths, never a value.
TOLD = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.ConnectionException,
    duckdb.DependencyException, duckdb.HTTPException, duckdb.InterruptException,
    duckdb.IOException, duckdb.NotImplementedException, duckdb.OutOfMemoryException,
    duckdb.ParserException, duckdb.PermissionException, duckdb.SyntaxException,
    duckdb.TransactionException,
)


def withhold_values() -> None:
    """Have DuckDB's errors say what went wrong, and in which column, without the value."""
    duckdb.Error.__str__ = _tell  # type: ignore[method-assign, assignment]
    duckdb.Error.__repr__ = _name  # type: ignore[method-assign, assignment]


def _tell(error: duckdb.Error) -> str:
    message = Exception.__str__(error)
    if isinstance(error, TOLD):
        return message
    kind, _, rest = message.partition(":")
    # After the last quote there is no value; before it there may be anything.
    said = rest.rpartition("\n\nLINE ")[0] or rest
    column = re.search(r"source column (\w+)", re.split(r"""["']""", said)[-1])
    where = f" of column {column.group(1)}" if column else ""
    kind = kind if re.fullmatch(r"[A-Za-z ]+ Error", kind) else "Error"
    return (f"{kind}: a value{where} cannot be used; it may be personal and is not told. Run the "
            "SQL in DuckDB to see it")


def _name(error: duckdb.Error) -> str:
    return f"{type(error).__name__}({_tell(error)!r})"
