"""Publishes an immutable snapshot: marts and reporting for BI tools, without personal data.

Everything is written beside the published snapshots, checked against the warehouse, and moved into
place by one rename; then the pointer `current` is replaced. Readers keep what they have open.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contract import personal_columns
from ingestion.readers.files import identifier, literal
from orchestration.landing import render_landing

# Old enough for the drivers of BI tools that lag behind the engine.
STORAGE_VERSION = "v1.2.0"
WITHHELD = ("direct", "indirect", "text")
# Schema of the warehouse -> schema of the published file. A schema `marts` in a file `marts.duckdb`
# would make every `marts.customers` ambiguous; in `main` it means just that.
SCHEMAS = {"marts": "main", "reporting": "reporting"}


class PublishError(RuntimeError):
    """Nothing was published; the last snapshot stays."""


@dataclass(frozen=True)
class PublishedTable:
    """One table of a snapshot: which columns are published, which are withheld."""

    schema: str
    name: str
    description: str
    columns: tuple[str, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """A published snapshot."""

    name: str
    path: Path
    fingerprint: str
    as_of: date
    rows: dict[str, int]


def tables_to_publish(manifest: Mapping[str, Any]) -> tuple[PublishedTable, ...]:
    """Tables of the published schemas, with the columns that their YAML clears.

    Args:
        manifest: dbt's manifest.

    Raises:
        PublishError: a column is named like personal data of the contract, but its YAML does not
            say which class it has.
    """
    personal = personal_columns()
    tables = []
    for node in manifest["nodes"].values():
        schema = node.get("config", {}).get("schema")
        if node["resource_type"] not in ("model", "seed") or schema not in SCHEMAS:
            continue
        published: list[str] = []
        withheld: list[str] = []
        for column in node["columns"].values():
            meta = column.get("config", {}).get("meta") or column.get("meta") or {}
            pii = meta.get("pii")
            if pii is None and personal.get(column["name"]) in ("direct", "text"):
                raise PublishError(
                    f"{schema}.{node['name']}.{column['name']} is named like personal data; give "
                    "it `config: {meta: {pii: direct}}`, or `none` where it holds none")
            (withheld if pii in WITHHELD else published).append(column["name"])
        if not published:
            raise PublishError(f"{schema}.{node['name']} describes no column that can be published")
        tables.append(PublishedTable(
            schema, node["name"], node.get("description", ""), tuple(published), tuple(withheld)))
    return tuple(sorted(tables, key=lambda table: (table.schema, table.name)))


def publish(
    warehouse: Path, published: Path, tables: Iterable[PublishedTable], *, fingerprint: str,
    as_of: date, docs: Mapping[str, Path], keep: int, memory_limit: str = "4GB",
) -> Snapshot:
    """Publish a snapshot and point `current` at it.

    Args:
        warehouse: DuckDB file that dbt wrote.
        published: folder of the snapshots.
        tables: what to publish.
        fingerprint: of the run.
        as_of: date the run looks back from.
        docs: name -> file or folder that goes into `docs/`, beside the page that links them; one
            of `landing.PAGES`.
        keep: how many snapshots stay.
        memory_limit: most memory the engine may use.

    Raises:
        PublishError: a table is missing or its copy differs; nothing was published.
    """
    published.mkdir(parents=True, exist_ok=True)
    for leftover in published.glob(".incoming*"):
        shutil.rmtree(leftover)
    incoming = published / ".incoming"
    (incoming / "docs").mkdir(parents=True)
    rows = _copy_tables(warehouse, incoming, tables, memory_limit)
    for name, source in docs.items():
        if source.is_dir():
            shutil.copytree(source, incoming / "docs" / name)
        else:
            shutil.copyfile(source, incoming / "docs" / name)
    earlier = _snapshots(published)
    number = int(earlier[-1].name.split("-")[0]) + 1 if earlier else 1
    name = f"{number:05d}-{as_of.isoformat()}-{fingerprint[:8]}"
    (incoming / "docs" / "index.html").write_text(
        render_landing(name, as_of, rows, docs), encoding="utf-8")
    (incoming / "snapshot.json").write_text(json.dumps(
        {"snapshot": name, "fingerprint": fingerprint, "as_of": as_of.isoformat(), "rows": rows},
        indent=1))
    incoming.replace(published / name)
    pointer = published / ".current"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(published / "current")
    for old in _snapshots(published)[:-keep]:
        shutil.rmtree(old)
    return Snapshot(name, published / name, fingerprint, as_of, rows)


def current_snapshot(published: Path) -> Snapshot | None:
    """The snapshot that readers get now."""
    path = published / "current" / "snapshot.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Snapshot(data["snapshot"], published / data["snapshot"], data["fingerprint"],
                    date.fromisoformat(data["as_of"]), data["rows"])


def _snapshots(published: Path) -> list[Path]:
    """Snapshots, oldest first."""
    return sorted((path for path in published.iterdir()
                   if path.is_dir() and not path.is_symlink() and path.name[:5].isdigit()),
                  key=lambda path: int(path.name.split("-")[0]))


def _copy_tables(
    warehouse: Path, target: Path, tables: Iterable[PublishedTable], memory_limit: str,
) -> dict[str, int]:
    rows: dict[str, int] = {}
    con = duckdb.connect(config={"memory_limit": memory_limit})
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {literal(str(target / 'marts.duckdb'))} as snapshot "
                    f"(storage_version '{STORAGE_VERSION}')")
        con.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        for table in tables:
            name = f"{identifier(table.schema)}.{identifier(table.name)}"
            copy = f"snapshot.{identifier(SCHEMAS[table.schema])}.{identifier(table.name)}"
            columns = ", ".join(identifier(column) for column in table.columns)
            parquet = target / "parquet" / table.schema / f"{table.name}.parquet"
            parquet.parent.mkdir(parents=True, exist_ok=True)
            con.execute(
                f"create schema if not exists snapshot.{identifier(SCHEMAS[table.schema])}")
            try:
                con.execute(f"create table {copy} as "
                            f"select {columns} from warehouse.{name}")
            except duckdb.CatalogException as error:
                raise PublishError(
                    f"{table.schema}.{table.name} is not in the warehouse; run `cx360 run`"
                ) from error
            con.execute(f"comment on table {copy} is {literal(table.description)}")
            con.execute(f"copy {copy} to {literal(str(parquet))} (format parquet)")
            counts = {con.execute(f"select count(*) from {source}").fetchall()[0][0]
                      for source in (f"warehouse.{name}", copy,
                                     f"read_parquet({literal(str(parquet))})")}
            if len(counts) > 1:
                raise PublishError(f"{table.schema}.{table.name}: the copy has other rows than the "
                                   "warehouse; nothing was published")
            rows[f"{table.schema}.{table.name}"] = counts.pop()
        con.execute("checkpoint snapshot")
    finally:
        con.close()
    return rows
