"""A snapshot is whole, without personal data, and moved into place in one step."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publisher import (
    PublishedTable,
    PublishError,
    Snapshot,
    current_snapshot,
    publish,
    tables_to_publish,
)

CUSTOMERS = PublishedTable(
    "marts", "customers", "One row per customer.", ("customer_id", "revenue"), ("email",))
KPI_VALUES = PublishedTable("reporting", "kpi_values", "One row per KPI.", ("kpi_id",), ())
MISSING = PublishedTable("marts", "orders", "One row per order.", ("order_id",), ())
AS_OF = date(2026, 6, 30)
FINGERPRINT = "0123456789abcdef"


class Place:
    """A warehouse that can be filled, and the folder its snapshots go to."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = folder / "warehouse.duckdb"
        self.published = folder / "published"
        self.page = folder / "page.html"
        self.page.write_text("documentation")
        self.folder = folder / "pages"
        self.folder.mkdir()
        (self.folder / "index.html").write_text("verdicts")
        self.fill("(1, 10.5, 'erika@example.org'), (2, 3, 'max@example.org')")

    def fill(self, customers: str) -> None:
        with duckdb.connect(str(self.warehouse)) as con:
            con.execute("create schema if not exists marts")
            con.execute("create schema if not exists reporting")
            con.execute("create or replace table marts.customers as select * from "
                        f"(values {customers}) as t (customer_id, revenue, email)")
            con.execute("create or replace table reporting.kpi_values as select 'nps' as kpi_id")

    def publish(self, *tables: PublishedTable, keep: int = 3) -> Snapshot:
        return publish(self.warehouse, self.published, tables or (CUSTOMERS, KPI_VALUES),
                       fingerprint=FINGERPRINT, as_of=AS_OF, keep=keep,
                       docs={"lineage.html": self.page, "data_quality": self.folder})

    @property
    def current(self) -> Path:
        return self.published / "current"

    @property
    def snapshots(self) -> list[str]:
        """Names of the snapshots; nothing else may lie beside them but the pointer."""
        return sorted(path.name for path in self.published.iterdir() if not path.is_symlink())

    def read(self, query: str, database: Path | None = None) -> list[tuple[Any, ...]]:
        file = str((database or self.current) / "marts.duckdb")
        with duckdb.connect(file, read_only=True) as con:
            return con.execute(query).fetchall()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def manifest(*columns: dict[str, Any], name: str = "customers", schema: str = "marts",
             kind: str = "model") -> dict[str, Any]:
    return {"nodes": {f"{kind}.cx360.{name}": {
        "resource_type": kind, "name": name, "description": "One row per customer.",
        "config": {"schema": schema},
        "columns": {column["name"]: column for column in columns}}}}


def column(name: str, pii: str | None = None) -> dict[str, Any]:
    return {"name": name, "config": {"meta": {"pii": pii}} if pii else {}}


def test_personal_columns_are_withheld(place: Place) -> None:
    (table,) = tables_to_publish(manifest(
        column("customer_id", "pseudonym"), column("email", "direct"), column("city", "indirect"),
        column("subject", "text"), column("revenue"), column("handle", "none")))
    assert table.columns == ("customer_id", "revenue", "handle")
    assert table.withheld == ("email", "city", "subject")


def test_a_class_may_also_stand_in_meta_of_the_column() -> None:
    (table,) = tables_to_publish(manifest(
        column("revenue"), {"name": "email", "meta": {"pii": "direct"}}))
    assert table.withheld == ("email",)


@pytest.mark.parametrize("name", ["email", "phone", "last_name", "text"])
def test_a_column_named_like_personal_data_needs_a_class(name: str) -> None:
    with pytest.raises(PublishError, match=rf"marts\.customers\.{name} is named like personal"):
        tables_to_publish(manifest(column("customer_id"), column(name)))


def test_only_marts_and_reporting_are_published() -> None:
    assert tables_to_publish(manifest(column("email"), schema="staging")) == ()
    assert tables_to_publish(manifest(column("email"), kind="test")) == ()
    assert [table.name for table in tables_to_publish(
        manifest(column("kpi_id"), schema="reporting", kind="seed"))] == ["customers"]


@pytest.mark.parametrize("columns", [(), (column("email", "direct"),)])
def test_a_table_without_a_column_to_publish_is_an_error(columns: Any) -> None:
    with pytest.raises(PublishError, match="describes no column"):
        tables_to_publish(manifest(*columns))


def test_a_snapshot_holds_database_parquet_and_documentation(place: Place) -> None:
    snapshot = place.publish()
    assert snapshot.rows == {"marts.customers": 2, "reporting.kpi_values": 1}
    assert place.read("select * from customers order by 1") == [(1, 10.5), (2, 3)]
    assert place.read("select * from reporting.kpi_values") == [("nps",)]
    assert place.read("select comment from duckdb_tables() where table_name = 'customers'") == [
        ("One row per customer.",)]
    parquet = place.current / "parquet" / "marts" / "customers.parquet"
    assert duckdb.sql(f"select * from '{parquet}' order by 1").fetchall() == [(1, 10.5), (2, 3)]
    docs = place.current / "docs"
    assert (docs / "lineage.html").read_text() == "documentation"
    assert (docs / "data_quality" / "index.html").read_text() == "verdicts"
    assert json.loads((place.current / "snapshot.json").read_text())["fingerprint"] == FINGERPRINT


def test_the_documentation_starts_with_what_the_snapshot_is(place: Place) -> None:
    name = place.publish().name
    docs = place.current / "docs"
    page = (docs / "index.html").read_text()
    assert f"Snapshot {name} · Stichtag · as of 2026-06-30" in page
    assert '<td>marts.customers</td><td class="number">2</td>' in page
    links = re.findall(r'href="([^"]+)"', page)
    assert {"lineage.html", "data_quality/index.html", "../marts.duckdb"} < set(links)
    assert [link for link in links if not link.startswith("data:") and
            not (docs / link).exists()] == []


def test_no_withheld_value_is_in_any_file_of_the_snapshot(place: Place) -> None:
    place.publish()
    files = [path for path in place.current.rglob("*") if path.is_file()]
    assert len(files) == 7
    assert not [path.name for path in files if b"example.org" in path.read_bytes()]


def test_drivers_that_lag_behind_can_open_the_file(place: Place) -> None:
    place.publish()
    with duckdb.connect() as con:
        con.execute(f"attach '{place.current / 'marts.duckdb'}' as snapshot (read_only)")
        (tags,) = con.execute(
            "select tags from duckdb_databases() where database_name = 'snapshot'").fetchall()
    assert tags[0]["storage_version"].startswith("v1.2.0")


def test_the_pointer_moves_to_the_new_snapshot(place: Place) -> None:
    assert current_snapshot(place.published) is None
    first = place.publish()
    place.fill("(3, 1, 'x')")
    second = place.publish()
    assert first.name == "00001-2026-06-30-01234567"
    assert second.name == "00002-2026-06-30-01234567"
    assert place.current.is_symlink()
    assert place.current.resolve() == second.path
    assert current_snapshot(place.published) == second
    assert place.read("select customer_id from customers", first.path) == [(1,), (2,)]


def test_the_newest_snapshots_are_kept(place: Place) -> None:
    names = [place.publish(keep=2).name for _ in range(4)]
    assert place.snapshots == names[2:]
    assert place.publish(keep=2).name.startswith("00005-")


def test_a_reader_keeps_what_it_has_open(place: Place) -> None:
    place.publish()
    with duckdb.connect(str(place.current / "marts.duckdb"), read_only=True) as reader:
        place.fill("(3, 1, 'x')")
        for _ in range(3):
            place.publish(keep=1)
        assert reader.execute("select customer_id from customers order by 1").fetchall() == [
            (1,), (2,)]
    assert place.read("select customer_id from customers") == [(3,)]


def test_a_missing_table_leaves_the_last_snapshot(place: Place) -> None:
    last = place.publish()
    with pytest.raises(PublishError, match=r"marts\.orders is not in the warehouse"):
        place.publish(CUSTOMERS, MISSING)
    assert current_snapshot(place.published) == last
    assert place.read("select count(*) from customers") == [(2,)]
    place.publish()
    assert [name[:5] for name in place.snapshots] == ["00001", "00002"]


def test_what_a_killed_publication_left_behind_is_never_served(place: Place) -> None:
    (place.published / ".incoming").mkdir(parents=True)
    (place.published / ".incoming" / "marts.duckdb").write_bytes(b"half")
    (place.published / ".current").symlink_to("nowhere")
    assert current_snapshot(place.published) is None
    snapshot = place.publish()
    assert place.snapshots == [snapshot.name]
    assert not (place.published / ".current").is_symlink()


def test_the_warehouse_is_only_read(place: Place) -> None:
    before = place.warehouse.read_bytes()
    place.publish()
    assert place.warehouse.read_bytes() == before
