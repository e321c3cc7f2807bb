"""The log of identity changes: appended to by every run that changes a customer, never rewritten.

A run writes the log before it moves the new partition into place, and says in the file which
partition it started from. So the next run, finding that partition still there, knows that the last
one was killed in between, or its partition refused, and takes back what it logged. What counts as a
change is in `models_ml/identity_history.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.readers.files import literal
from models_ml.frames import conform
from models_ml.identity_history import aliases_sql, find_changes, fingerprint_partition
from models_ml.tables import TABLES
from orchestration.ml_tables import arrow_schema, ml_file
from orchestration.settings import Settings

LAST_RUN = b"cx360.last_run"

PARTITION_MARK = "cx360.partition"
"""Mark of the file of a partition: its fingerprint, which then need not be made again."""


@dataclass(frozen=True)
class IdentityHistory:
    """What a run adds to the history of identity.

    `changes` is the whole log, the rows of `ml/identity_changes`; `aliases` names a temporary table
    of the engine with the rows of `ml/customer_aliases`; `counts` says how many of this run's
    changes are merged, split and renamed.
    """

    changes: pd.DataFrame
    aliases: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Replaced:
    """The rows that a new partition has instead of others.

    `partition`: fingerprint of the partition before. `former`: relation with record_key,
    customer_id, is_senior of its rows that are no more. `fresh`: the same of those that took their
    place, whole customers: no row of a customer is in it without the others.
    """

    partition: str
    former: str
    fresh: str


def log_file(settings: Settings) -> Path:
    """Where the log lies; recorded history, which no rebuild makes again."""
    return settings.state_path / "identity_changes.parquet"


def record_history(
    settings: Settings, con: duckdb.DuckDBPyConnection, *, current: str, seniority: str,
    as_of: date, replaced: Replaced | None = None,
) -> IdentityHistory:
    """Log what the new partition changes against the one in place, and derive the aliases.

    To be called under the run lock, before `ml/customer_records` is replaced, which must be the
    last ML table of identity to be. Without a partition in place (a first run, or `ml/` was
    deleted) there is nothing to compare with and no change.

    Args:
        settings: where log and partition lie.
        con: engine that knows `current` and `seniority`; not the warehouse.
        current: relation with record_key, customer_id, is_senior of the new partition.
        seniority: relation with record_key, first_load_sequence of every record of it.
        as_of: as-of date of the run.
        replaced: how `current` came of an earlier partition. Only these rows are looked at where
            that is the one in place.
    """
    file = ml_file(settings, "customer_records")
    previous = f"read_parquet({literal(str(file))})"
    mark = (pq.read_metadata(file).metadata or {}).get(PARTITION_MARK.encode())
    start = mark.decode() if mark else fingerprint_partition(con, previous)
    log = _read_log(log_file(settings), start)
    if replaced and replaced.partition == start:
        found = find_changes(con, previous=replaced.former, current=replaced.fresh,
                             seniority=seniority)
    else:
        found = find_changes(con, previous=previous, current=current, seniority=seniority)
    sequence = int(log["change_sequence"].max()) + 1 if len(log) else 1
    table = TABLES["identity_changes"]
    new = conform(found.assign(change_sequence=sequence, as_of_date=as_of), table)
    log = pd.concat([log, new], ignore_index=True)
    _write_log(log_file(settings), log,
               {"started_from": start, "change_sequence": sequence})
    con.register("identity_log", log)
    con.execute("create or replace temp table known_alias as "
                + aliases_sql(current=current, changes="identity_log"))
    con.unregister("identity_log")
    counts = {kind: int((new["change_type"] == kind).sum())
              for kind in ("merged", "split", "renamed")}
    return IdentityHistory(log, "known_alias", counts)


def _read_log(path: Path, current: str) -> pd.DataFrame:
    """The log without what a run logged whose partition never came into place."""
    table = TABLES["identity_changes"]
    if not path.exists():
        return conform(arrow_schema(table).empty_table().to_pandas(), table)
    stored = pq.read_table(path)
    log = conform(stored.to_pandas(), table)
    last = json.loads(stored.schema.metadata[LAST_RUN])
    if current == last["started_from"]:
        return log[log["change_sequence"] < last["change_sequence"]].reset_index(drop=True)
    return log


def _write_log(path: Path, log: pd.DataFrame, last_run: dict[str, str | int]) -> None:
    schema = arrow_schema(TABLES["identity_changes"])
    table = pa.Table.from_pandas(log, schema=schema, preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    pq.write_table(table.replace_schema_metadata({LAST_RUN: json.dumps(last_run)}), temporary)
    temporary.replace(path)
