"""Frames at the door: required columns of an input, shape and types of an ML table going out."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from models_ml.tables import MlTable, MlType

_DTYPES: dict[MlType, str] = {
    "string": "str",
    "integer": "Int64",
    "double": "float64",
    "boolean": "bool",
    "timestamp": "datetime64[us]",
    "date": "datetime64[s]",
}


def require_columns(frame: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    """Check that `frame` has `columns`; `name` says in the message which input it is.

    Raises:
        ValueError: a column is missing; all missing ones are named.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: missing column {', '.join(missing)}")


def conform(frame: pd.DataFrame, table: MlTable) -> pd.DataFrame:
    """Return `frame` with exactly the columns, order and types of `table`, sorted by its key.

    Raises:
        ValueError: a column of the table is missing.
    """
    require_columns(frame, [column.name for column in table.columns], table.name)
    typed = frame[[column.name for column in table.columns]].astype(
        {column.name: _DTYPES[column.type] for column in table.columns}
    )
    return typed.sort_values(list(table.key), ignore_index=True)
