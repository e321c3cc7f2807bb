"""A deletion is a version of its record: key and times, and nothing is asked of it beyond them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from places import Shop

from ingestion.declaration import DeclarationError, read_declarations
from ingestion.raw_zone import MANIFEST_SCHEMA, RawZone

CSV = "format: csv, files: '*.csv', updated_at: Stand"
STATUS = CSV + ", deleted: {from: Status, values: [D, 9]}"
HEADER = b"Nr,Datum,Betrag,Kunde,Stand,Status\n"
KEPT = "source_record_ref, is_deleted, ordered_at is null, updated_at, source_metadata"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_setting_says_which_rows_tell_of_a_deletion(shop: Shop) -> None:
    """Whatever else such a row holds is neither judged nor kept, not even what is unreadable."""
    shop.declare(STATUS)
    shop.write("orders.csv", HEADER + b"1,2026-01-01,5,K,2026-01-02,A\n"
                                      b"2,never,much,K,2026-01-03,D\n3,,,,2026-01-04, 9\n")
    load = shop.only()
    assert (load.rows_read, load.rows_accepted, load.rows_deleted) == (3, 3, 2)
    assert shop.rows(KEPT, load) == [
        ("1", False, False, datetime(2026, 1, 2), None),
        ("2", True, True, datetime(2026, 1, 3), None),
        ("3", True, True, datetime(2026, 1, 4), None)]
    assert shop.rows("customer_ref, customer_key, net_amount", load)[1:] == [(None, None, None)] * 2


def test_a_file_of_keys_tells_of_deletions_and_warns_of_nothing(shop: Shop) -> None:
    """What a comparison of keys writes: no required column is there, and none is missed."""
    shop.declare("format: parquet, files: '*.parquet', updated_at: Stand")
    table = pa.table({"Nr": [1, 2], "cx360_deleted": [True, True],
                      "cx360_deleted_at": pa.array(
                          [datetime(2026, 1, 5, 6), datetime(2026, 1, 5, 7, 0, 0, 250_000)],
                          pa.timestamp("us", "UTC"))})
    pq.write_table(table, shop.extracts / "gone.parquet")
    report = shop.load()
    assert not report.problems and not report.warnings
    (load,) = report.loaded
    assert shop.rows(KEPT, load) == [
        ("1", True, True, datetime(2026, 1, 5, 6), None),
        ("2", True, True, datetime(2026, 1, 5, 7, 0, 0, 250_000), None)]


def test_a_deletion_that_does_not_say_when_is_of_the_end_of_its_extracts_day(shop: Shop) -> None:
    """In the time zone of the source, and of nobody's time where records are dated by extracts."""
    dated = r"format: csv, files: '*.csv', extracted_on: 'orders_(\d+)', time_zone: Europe/Berlin"
    shop.write("orders_20260105.csv", b"Nr,cx360_deleted\n1,ja\n")
    shop.declare(f"{dated}, updated_at: Stand")
    assert shop.rows("updated_at", shop.only()) == [(datetime(2026, 1, 5, 22, 59, 59),)]
    shop.declare(dated)
    assert shop.rows("updated_at", shop.only()) == [(None,)]


@pytest.mark.parametrize(("settings", "name", "content"), [
    (CSV, "1.csv", b"Nr,Datum,Betrag,Kunde,Stand,cx360_deleted\n"
                   b"1,2026-01-01,5,K,2026-01-02,false\n2,,,,2026-01-03,ja\n"),
    ("format: jsonl, files: '*.jsonl', updated_at: Stand", "1.jsonl",
     b'{"Nr": 1, "Datum": "2026-01-01", "Betrag": 5, "Stand": "2026-01-02"}\n'
     b'{"Nr": 2, "Stand": "2026-01-03", "cx360_deleted": true}\n'),
    ("format: jsonl, files: '*.jsonl', updated_at: Stand, deleted: {from: meta.gone, values: true}",
     "1.jsonl",
     b'{"Nr": 1, "Datum": "2026-01-01", "Betrag": 5, "Stand": "2026-01-02"}\n'
     b'{"Nr": 2, "Stand": "2026-01-03", "meta": {"gone": true}}\n'),
], ids=["csv", "jsonl", "nested"])
def test_records_and_deletions_may_share_a_file(
    shop: Shop, settings: str, name: str, content: bytes,
) -> None:
    shop.declare(settings, columns="{ordered_at: Datum, net_amount: Betrag}")
    shop.write(name, content)
    assert shop.rows("source_record_ref, is_deleted, updated_at", shop.only()) == [
        ("1", False, datetime(2026, 1, 2)), ("2", True, datetime(2026, 1, 3))]


@pytest.mark.parametrize(("row", "reason"), [
    (b"1,2026-01-01,maybe,", "column cx360_deleted: not yes or no"),
    (b"1,,yes,yesterday", "column cx360_deleted_at: not a point in time; "
                          "deleted, but nothing says when"),
    (b"1,,yes,", "deleted, but nothing says when"),
    (b",,yes,2026-01-01", "key column Nr: empty"),
    (b"1,,yes,9999-01-01", "column updated_at: value out of range"),
    (b"1,,no,", "column ordered_at: empty, but required"),
])
def test_a_deletion_that_cannot_be_used_is_rejected(shop: Shop, row: bytes, reason: str) -> None:
    needs_time = ", updated_at: Stand" if "when" in reason or "_at:" in reason else ""
    shop.declare(f"format: csv, files: '*.csv'{needs_time}", columns="{ordered_at: Datum}")
    shop.write("orders.csv", b"Nr,Datum,cx360_deleted,cx360_deleted_at\n" + row + b"\n")
    load = shop.only()
    assert [found for _, found, _ in shop.rejects(load)] == [reason]


def test_without_a_key_no_deletion_can_be_used(shop: Shop) -> None:
    shop.declare("format: csv, files: '*.csv', duplicates: keep", key="[]",
                 columns="{ordered_at: Datum}")
    shop.write("orders.csv", b"Datum,cx360_deleted\n2026-01-01,\n2026-01-02,x\n")
    assert [reason for _, reason, _ in shop.rejects(shop.only())] == [
        "deleted, but the table has no key that says which record"]
    shop.declare("format: csv, files: '*.csv', duplicates: keep, deleted: {from: S, values: D}",
                 key="[]", columns="{ordered_at: Datum}")
    with pytest.raises(DeclarationError, match="`deleted` needs a `key`"):
        read_declarations(shop.sources)


def test_a_missing_column_of_deletions_stops_the_file(shop: Shop) -> None:
    """Without it every deleted record would come back to life."""
    shop.declare(STATUS)
    shop.write("orders.csv", b"Nr,Datum,Betrag,Kunde,Stand\n1,2026-01-01,5,K,2026-01-02\n")
    assert "column Status is missing" in shop.problem()


@pytest.mark.parametrize(("rows", "is_deleted"), [
    (b"1,2026-01-01,5,K,2026-01-02,A\n1,,,,2026-01-03,D\n", True),
    (b"1,,,,2026-01-03,D\n1,2026-01-01,5,K,2026-01-04,A\n", False),
    (b"1,,,,2026-01-03,D\n1,2026-01-01,5,K,2026-01-03,A\n", False),
    (b"1,,,,,D\n1,2026-01-01,5,K,2026-01-03,A\n", True),
], ids=["deleted later", "back again", "the last row counts", "does not say when"])
def test_of_a_record_and_its_deletion_in_one_extract_the_later_counts(
    shop: Shop, rows: bytes, is_deleted: bool,
) -> None:
    shop.declare(STATUS + r", extracted_on: 'orders_(\d+)'")
    shop.write("orders_20260105.csv", HEADER + rows)
    load = shop.only()
    assert (load.rows_accepted, load.rows_rejected) == (1, 1)
    assert shop.rows("is_deleted", load) == [(is_deleted,)]


def test_a_manifest_made_before_deletions_were_counted_is_completed(shop: Shop) -> None:
    shop.declare(STATUS)
    shop.write("1.csv", HEADER + b"1,2026-01-01,5,K,2026-01-02,A\n")
    load = shop.only()
    old = pq.read_table(shop.zone.manifest_path).drop_columns(["rows_deleted"])
    pq.write_table(old, shop.zone.manifest_path)
    assert RawZone(shop.zone.path).loads() == (load,)
    shop.load()
    assert pq.read_schema(shop.zone.manifest_path).names == MANIFEST_SCHEMA.names
    assert shop.zone.loads() == (load,)


def test_a_file_without_the_column_of_deletions_is_refused_beside_one_that_has_it(
    shop: Shop,
) -> None:
    """JSON files of one table are read together, but each has columns of its own."""
    shop.declare("format: jsonl, files: '*.jsonl', updated_at: Stand, "
                 "deleted: {from: Status, values: [D]}")
    record = '{"Nr": 1, "Datum": "2026-01-01", "Betrag": 5, "Kunde": "K", "Stand": "2026-01-0%d"%s}'
    shop.write("1.jsonl", (record % (2, ', "Status": "D"')).encode())
    shop.write("2.jsonl", (record % (3, "")).encode())
    report = shop.load()
    assert [(load.file, load.rows_deleted) for load in report.loaded] == [("1.jsonl", 1)]
    (problem,) = report.problems
    assert problem.message.startswith("2.jsonl: column Status is missing")
