"""Frames at the door: required columns of an input."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd


def require_columns(frame: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    """Check that `frame` has `columns`; `name` says in the message which input it is.

    Raises:
        ValueError: a column is missing; all missing ones are named.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: missing column {', '.join(missing)}")
