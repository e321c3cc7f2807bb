"""What earlier runs called segments: recorded history under `state/segments`.

Three Parquet files, each replaced as a whole: `registry` (every segment of every as-of date with
its centre), `moves` (who went from where to where, counts only) and `members_<date>` (who was in
what; the newest three dates). A run as of the same date replaces what that date had, and finds the
ids that it gave. Nothing is recorded before the tables of the run have passed, and the registry,
by which a date is known, last; so a run that was refused or killed and its repetition give the same
ids.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.readers.files import literal
from models_ml.segment_divisions import Points
from models_ml.tables import TABLES
from orchestration.ml_tables import arrow_schema
from orchestration.segment_points import NO_SEGMENT

KEPT_DATES = 3
_REGISTRY = pa.schema([
    ("as_of_date", pa.date32()), ("segmentation", pa.string()), ("segment_id", pa.string()),
    ("features", pa.string()), ("centre", pa.string()), ("first_as_of_date", pa.date32())])
_NOBODY = ("(select cast(null as varchar) as customer_id, cast(null as varchar) as segmentation, "
           "cast(null as varchar) as segment_id where false)")


@dataclass(frozen=True)
class FormerSegments:
    """Segments of a segmentation in the last run: ids, centres, when they were first seen.

    `last_number`: the highest number that any segment of it ever had. `earlier_count`: how many
    there were as of the date before, so that the same run again tries the same.
    """

    ids: tuple[str, ...]
    centres: Points
    first_dates: dict[str, date]
    last_number: int
    earlier_count: int


class SegmentHistory:
    """The recorded history of segments, as a run of one as-of date sees it."""

    def __init__(self, state_path: Path, as_of: date) -> None:
        self.folder = state_path / "segments"
        self.as_of = as_of
        self._registry = (pq.read_table(self._registry_file).to_pandas()
                          if self._registry_file.exists() else _REGISTRY.empty_table().to_pandas())

    def former(self, segmentation: str, features: tuple[str, ...]) -> FormerSegments:
        """What the last run up to the as-of date, this one included, had.

        The segment of all, number 0, is none that a later segment could be.
        """
        ours = self._registry[(self._registry["segmentation"] == segmentation)
                              & ~self._registry["segment_id"].str.endswith("_0")]
        past = ours[ours["as_of_date"] <= self.as_of]
        last = past[past["as_of_date"] == past["as_of_date"].max()]
        centres = [json.loads(row.centre) if row.features == ",".join(features)
                   else [np.nan] * len(features) for row in last.itertuples()]
        earlier = ours[ours["as_of_date"] < self.as_of]
        numbers = [int(name.rpartition("_")[2]) for name in ours["segment_id"]]
        return FormerSegments(
            tuple(last["segment_id"]), np.array(centres, dtype=float).reshape(-1, len(features)),
            dict(zip(ours["segment_id"], ours["first_as_of_date"], strict=True)),
            max(numbers, default=0),
            int((earlier["as_of_date"] == earlier["as_of_date"].max()).sum()))

    def members(self, *, before: bool = False) -> str:
        """Relation with the members of the last run up to the as-of date, or before it."""
        dates = [day for day in self._dates() if day < self.as_of
                 or (day == self.as_of and not before)]
        return (f"read_parquet({literal(str(self._members_file(dates[-1])))})" if dates
                else _NOBODY)

    def find_moves(
        self, con: duckdb.DuckDBPyConnection, members: str, *, aliases: str,
    ) -> pd.DataFrame:
        """The log of moves, with those from the run before to this one.

        Args:
            con: an engine.
            members: relation with customer_id, segmentation, segment_id of the run.
            aliases: relation with alias_customer_id; a customer that was merged has not moved.
        """
        log = (pq.read_table(self._log_file) if self._log_file.exists()
               else _moves_schema().empty_table()).to_pandas()
        log = log[log["as_of_date"] != self.as_of]
        earlier = [day for day in self._dates() if day < self.as_of]
        if not earlier:
            return log
        moved = con.execute(f"""
            select segmentation, coalesce(past.segment_id, '{NO_SEGMENT}') as from_segment_id,
                coalesce(present.segment_id, '{NO_SEGMENT}') as to_segment_id,
                count(*) as customers_count
            from (select * from {self.members(before=True)} where customer_id not in
                  (select alias_customer_id from {aliases})) as past
            full join {members} as present using (customer_id, segmentation)
            group by all order by all""").df()
        return pd.concat([log, moved.assign(as_of_date=self.as_of, from_as_of_date=earlier[-1])])

    def record(
        self, con: duckdb.DuckDBPyConnection, members: str, segments: pd.DataFrame,
        moves: pd.DataFrame,
    ) -> None:
        """Record a run whose tables have passed.

        Args:
            con: an engine.
            members: relation with customer_id, segmentation, segment_id of the run.
            segments: the run's segments in the columns of the registry.
            moves: the log of `find_moves`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self._members_file(self.as_of)
        con.execute(f"copy (select customer_id, segmentation, segment_id from {members} "
                    f"order by all) to {literal(str(file.with_suffix('.tmp')))} (format parquet)")
        file.with_suffix(".tmp").replace(file)
        _replace(self._log_file, moves, _moves_schema())
        registry = self._registry[self._registry["as_of_date"] != self.as_of]
        registry = pd.concat([registry, segments.assign(as_of_date=self.as_of)])
        _replace(self._registry_file, registry, _REGISTRY)
        for day in self._dates()[:-KEPT_DATES]:
            self._members_file(day).unlink()

    @property
    def _registry_file(self) -> Path:
        return self.folder / "registry.parquet"

    @property
    def _log_file(self) -> Path:
        return self.folder / "moves.parquet"

    def _members_file(self, day: date) -> Path:
        return self.folder / f"members_{day.isoformat()}.parquet"

    def _dates(self) -> list[date]:
        return sorted(date.fromisoformat(found[1]) for path in self.folder.glob("members_*.parquet")
                      if (found := re.fullmatch(r"members_(\d{4}-\d\d-\d\d)", path.stem)))


def _moves_schema() -> pa.Schema:
    """Columns of the ML table segment_moves but those of the model."""
    return pa.schema([field for field in arrow_schema(TABLES["segment_moves"])
                      if not field.name.startswith("model_")])


def _replace(path: Path, rows: pd.DataFrame, schema: pa.Schema) -> None:
    temporary = path.with_suffix(".tmp")
    pq.write_table(pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False),
                   temporary)
    temporary.replace(path)
