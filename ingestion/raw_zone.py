"""The raw zone: immutable Parquet per load, rejects beside it, one manifest that says what counts.

A load exists when the manifest names it: files are written under a temporary name and moved into
place, then the manifest is replaced in one rename. What a killed run left behind is never named
and is removed by the next. What does **not** belong here: parsing (`loading.py`) and judging
(`expectations/`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contract import DUCKDB_TYPES, ENTITIES, Entity
from ingestion.readers.files import identifier

State = Literal["staged", "admitted", "quarantined", "withdrawn", "superseded"]
_READ_AGAIN = "to be read again by a backfill, was "


@dataclass(frozen=True)
class Load:
    """One load: one table of one source from one extract, in one version of its declaration.

    `rows_deleted` are those of the accepted rows that tell that their record was deleted;
    `schema_id` names the shape of the extract (`shapes.py`), where that says something.
    """

    load_id: str
    load_sequence: int
    source_system: str
    label: str
    entity: str
    table: str
    file: str
    content_hash: str
    declaration_version: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_repeated: int
    extracted_on: date | None
    first_event_at: datetime | None
    last_event_at: datetime | None
    expected_every: str
    may_be_empty: bool
    state: State
    reason: str
    files: tuple[str, ...]
    rows_deleted: int = 0
    schema_id: str = ""
    # Of a load: rejects that replays took over, and the declaration that judged the others last.
    rows_repaired: int = 0
    rejects_version: str = ""
    # Of a replay: whose rejects it accepted, and the highest load sequence when it did.
    replays_load_id: str = ""
    replayed_after: int | None = None


MANIFEST_SCHEMA = pa.schema([
    ("load_id", pa.string()), ("load_sequence", pa.int64()), ("source_system", pa.string()),
    ("label", pa.string()), ("entity", pa.string()), ("table", pa.string()),
    ("file", pa.string()), ("content_hash", pa.string()), ("declaration_version", pa.string()),
    ("rows_read", pa.int64()), ("rows_accepted", pa.int64()), ("rows_rejected", pa.int64()),
    ("rows_repeated", pa.int64()), ("extracted_on", pa.date32()),
    ("first_event_at", pa.timestamp("us")), ("last_event_at", pa.timestamp("us")),
    ("expected_every", pa.string()), ("may_be_empty", pa.bool_()),
    ("state", pa.string()), ("reason", pa.string()),
    ("files", pa.list_(pa.string())), ("rows_deleted", pa.int64()),
    ("schema_id", pa.string()), ("rows_repaired", pa.int64()),
    ("rejects_version", pa.string()), ("replays_load_id", pa.string()),
    ("replayed_after", pa.int64()),
])
PROBLEM_SCHEMA = pa.schema([
    (name, pa.string()) for name in ("source_system", "label", "entity", "file", "message")])
FETCH_SCHEMA = pa.schema([
    ("source_system", pa.string()), ("label", pa.string()), ("entity", pa.string()),
    ("fetched_on", pa.date32())])


class RawZone:
    """Folder of loads. One process writes at a time; the run lock sees to that."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def manifest_path(self) -> Path:
        """The file that says which loads exist."""
        return self.path / "manifest.parquet"

    @property
    def schema_history_path(self) -> Path:
        """The file that says how the columns of each source changed."""
        return self.path / "schema_history.parquet"

    @property
    def incoming(self) -> Path:
        """Where files are written before they are moved into place."""
        return self.path / "_incoming"

    def prepare(self) -> None:
        """Make the folder usable: typed empty tables, no leftovers, a manifest."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        empty = self.path / "_empty"
        empty.mkdir(parents=True, exist_ok=True)
        con = duckdb.connect()
        try:
            for entity in ENTITIES.values():
                self._write_empty(con, entity, empty / f"{entity.table}.parquet")
        finally:
            con.close()
        is_whole = (self.manifest_path.exists()
                    and pq.read_schema(self.manifest_path).names == MANIFEST_SCHEMA.names)
        if not is_whole:
            self.write_manifest(self.loads())

    def loads(self) -> tuple[Load, ...]:
        """Every load ever made, in load sequence; a manifest of before replays has none of them."""
        if not self.manifest_path.exists():
            return ()
        rows = pq.read_table(self.manifest_path).to_pylist()
        return tuple(Load(**(row | {"files": tuple(row["files"])})) for row in rows)

    def write_manifest(self, loads: Iterable[Load]) -> None:
        """Replace the manifest in one step: this is what makes loads count."""
        ordered = sorted(loads, key=lambda load: (load.load_sequence, load.load_id))
        table = pa.table(
            {name: [getattr(load, name) for load in ordered] for name in MANIFEST_SCHEMA.names},
            schema=MANIFEST_SCHEMA)
        temporary = self.manifest_path.with_suffix(".tmp")
        pq.write_table(table, temporary)
        temporary.replace(self.manifest_path)

    @property
    def problems_path(self) -> Path:
        """The file that says which extracts the last call could not load."""
        return self.path / "problems.parquet"

    def problems(self) -> tuple[dict[str, str], ...]:
        """Extracts that the last call could not load, in the columns of `PROBLEM_SCHEMA`."""
        if not self.problems_path.exists():
            return ()
        return tuple(pq.read_table(self.problems_path).to_pylist())

    def write_problems(self, problems: Iterable[dict[str, str]]) -> None:
        """Replace what earlier calls could not load: the manifest knows only what it could."""
        temporary = self.problems_path.with_suffix(".tmp")
        pq.write_table(pa.Table.from_pylist(list(problems), schema=PROBLEM_SCHEMA), temporary)
        temporary.replace(self.problems_path)

    @property
    def fetches_path(self) -> Path:
        """The file that says when tables of databases and APIs were last asked."""
        return self.path / "fetches.parquet"

    def write_fetches(self, fetches: Iterable[Mapping[str, object]]) -> None:
        """Replace it, in the columns of `FETCH_SCHEMA`."""
        temporary = self.fetches_path.with_suffix(".tmp")
        pq.write_table(pa.Table.from_pylist(list(fetches), schema=FETCH_SCHEMA), temporary)
        temporary.replace(self.fetches_path)

    def add(self, new: Sequence[Load]) -> None:
        """Add loads; an older load of the same extract, and its replays, give way to a new one."""
        loads = {load.load_id: load for load in self.loads()}
        numbers = {load.load_sequence: load.load_id for load in new if not load.replays_load_id}
        for load in list(loads.values()):
            successor = numbers.get(load.load_sequence, load.load_id)
            if successor != load.load_id:
                loads[load.load_id] = replace(
                    load, state="superseded", reason=f"replaced by load {successor}")
        loads |= {load.load_id: load for load in new}
        self.write_manifest(loads.values())

    @property
    def numbers_path(self) -> Path:
        """The file that says which numbers the loads of an unfinished call have."""
        return self.path / "numbers.json"

    def numbers(self) -> dict[str, int]:
        """Load sequence by load, of a call that was killed: the next one gives the same."""
        if not self.numbers_path.exists():
            return {}
        numbers: dict[str, int] = json.loads(self.numbers_path.read_text())
        return numbers

    def write_numbers(self, numbers: dict[str, int]) -> None:
        """Replace the numbers of an unfinished call."""
        if not numbers:
            self.numbers_path.unlink(missing_ok=True)
            return
        temporary = self.numbers_path.with_suffix(".tmp")
        temporary.write_text(json.dumps(numbers, sort_keys=True))
        temporary.replace(self.numbers_path)

    def set_states(self, states: dict[str, tuple[State, str]]) -> None:
        """Give loads a new state and the reason for it.

        Raises:
            KeyError: a load is not in the manifest.
        """
        loads = {load.load_id: load for load in self.loads()}
        for load_id, (state, reason) in states.items():
            loads[load_id] = replace(loads[load_id], state=state, reason=reason)
        self.write_manifest(loads.values())

    def give_way(self, loads: Iterable[Load]) -> None:
        """Let loads be read again: the next load reads them, and until then they do not count."""
        self.set_states({load.load_id: ("superseded", f"{_READ_AGAIN}{load.state} {load.reason}")
                         for load in loads})

    def take_back(self) -> None:
        """Have loads that gave way and were not read again count as before.

        Not one whose files an attempt to read it has removed: the next load reads it.
        """
        states: dict[str, tuple[State, str]] = {}
        for load in self.loads():
            if (load.state == "superseded" and load.reason.startswith(_READ_AGAIN)
                    and all(path.exists() for path in self.files_of([load]))):
                state, _, reason = load.reason.removeprefix(_READ_AGAIN).partition(" ")
                states[load.load_id] = cast(State, state), reason
        if states:
            self.set_states(states)

    def files_of(self, loads: Iterable[Load]) -> list[Path]:
        """Absolute paths of the loads' files."""
        return [self.path / file for load in loads for file in load.files]

    def rejects_of(self, load: Load) -> Path:
        """Folder of the rejected rows of a load; exists only if there are any."""
        return self.path / "_rejects" / load.table / load.load_id

    def judgement_of(self, load: Load, version: str) -> Path:
        """Folder that says why rejects of a load stay rejected by a version of its declaration.

        `load_id`, `declaration_version`, `reject_number`, `reason`; no record is in it.
        """
        return self.path / "_judged" / load.table / load.load_id / version

    def repairs_of(self, load: Load) -> Path:
        """Folder that says which rejects a replay took over; no record is in it.

        `load_id`, `replays_load_id`, `reject_number`, `source_row`, `outcome` (accepted, repeated).
        """
        return self.path / "_repairs" / load.table / load.load_id

    def emptied_of(self, load: Load) -> Path:
        """Folder that says which accepted rows lack the value of a lenient column, and why.

        It exists only if there are any, and holds no value: that is in `source_metadata`.
        """
        return self.path / "_emptied" / load.table / load.load_id

    @staticmethod
    def _write_empty(con: duckdb.DuckDBPyConnection, entity: Entity, path: Path) -> None:
        columns = ", ".join(
            f"cast(null as {DUCKDB_TYPES[c.type]}) as {identifier(c.name)}"
            for c in entity.raw_columns)
        temporary = path.with_suffix(".tmp")
        con.execute(f"copy (select {columns} limit 0) to '{temporary}' (format parquet)")
        temporary.replace(path)


