"""Remembers the numbers of the verdicts, a row per load or ML table: what Data Docs are made from.

Holds names and counts only. What does **not** belong here: the state of a load (the manifest says
it) and judging (`expectations/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd


class VerdictLog:
    """Folder with one small file per table, each replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, table: str, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Keep the numbers of what was judged just now, by load (or table) id.

        Earlier rows of other ids stay: a load is judged once and counts for years.
        """
        now = pd.DataFrame.from_dict({key: dict(row) for key, row in metrics.items()},
                                     orient="index", dtype="float64")
        before = self.read(table)
        kept = before[~before.index.isin(now.index)]
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self._file(table).with_suffix(".tmp")
        (pd.concat([kept, now]) if len(kept) else now).sort_index().to_parquet(temporary)
        temporary.replace(self._file(table))

    def read(self, table: str) -> pd.DataFrame:
        """One row per load (or table) ever judged, by its id, with a column per metric."""
        file = self._file(table)
        return pd.read_parquet(file) if file.exists() else pd.DataFrame()

    def _file(self, table: str) -> Path:
        return self.path / f"{table}.parquet"
