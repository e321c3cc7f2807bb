"""Excel, JSON, Parquet and compressed files, with bytes as their programs write them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from benchmarks.workbooks import workbook
from tests.unit.ingestion.places import Shop

CSV = b"Nr,Datum,Betrag,Kunde\n1,2025-01-01 10:00:00,1.5,a\n2,2025-01-02,2,b\n"
EXPECTED = [("1", datetime(2025, 1, 1, 10), Decimal("1.5"), "a"),
            ("2", datetime(2025, 1, 2), Decimal("2"), "b")]
COLUMNS = "source_record_ref, ordered_at, net_amount, customer_ref"
HEADER = ["Nr", "Datum", "Betrag", "Kunde"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


def zipped(*contents: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("folder/", b"")
        file.writestr("__MACOSX/._orders.csv", b"x")
        for number, content in enumerate(contents):
            file.writestr(f"folder/orders{number}.csv", content)
    return archive.getvalue()


PACKERS = [gzip.compress, bz2.compress, lzma.compress, zstd, zipped]


@pytest.mark.parametrize("pack", PACKERS)
def test_compressed_files_need_no_setting(shop: Shop, pack: Callable[[bytes], bytes]) -> None:
    """Neither does their name matter; folders of daily files mix them."""
    shop.declare("files: '*/o*'")
    shop.write("2025/orders.csv", pack(CSV))
    assert shop.rows(COLUMNS, shop.only()) == EXPECTED


@pytest.mark.parametrize("pack", PACKERS)
def test_an_archive_that_is_cut_off_is_no_shorter_file(
    shop: Shop, pack: Callable[[bytes], bytes],
) -> None:
    shop.declare("files: 'o*'")
    rows = b"".join(b"%d,2025-01-01,%d,c%d\n" % (i, i * 7919 % 1000, i) for i in range(50_000))
    content = pack(CSV + rows)
    shop.write("orders.csv", content[:len(content) - 40])
    assert "it is damaged, cut off or encrypted" in shop.problem()


def test_an_archive_of_several_files_is_told(shop: Shop) -> None:
    shop.declare("files: 'o*'")
    shop.write("orders.zip", zipped(CSV, CSV))
    assert "the archive holds 2 files; deliver one file per archive" in shop.problem()


def test_compressed_files_of_every_format(shop: Shop) -> None:
    shop.declare("files: 'o*', format: parquet")
    path = shop.extracts / "p"
    duckdb.sql(f"copy (select 1 as Nr, date '2025-01-01' as Datum, 1.5 as Betrag, 'a' as Kunde)"
               f" to '{path}' (format parquet)")
    shop.write("orders.parquet.gz", gzip.compress(path.read_bytes()))
    assert shop.rows("source_record_ref, net_amount", shop.only()) == [("1", Decimal("1.5"))]


def test_nested_columns_of_parquet_are_reached_into(shop: Shop) -> None:
    shop.declare("files: 'o*', format: parquet", "{ordered_at: Datum, customer_ref: who.id}")
    duckdb.sql("copy (select 1 as Nr, date '2025-01-01' as Datum, {'id': 'K1', 'n': 2} as who)"
               f" to '{shop.extracts / 'o.parquet'}' (format parquet)")
    assert shop.rows("customer_ref", shop.only()) == [("K1",)]


def test_cells_are_what_excel_shows(shop: Shop) -> None:
    """Beside cells that are dates and numbers there is text that only looks like them."""
    shop.declare("files: '*.xlsx', format: excel, decimal: ',', thousands: '.', skip_first: 2, "
                 "date_format: '%d.%m.%Y', totals: {Nr: Summe}")
    shop.write("~$umsatz.xlsx", b"owner of the opened workbook")
    shop.write("umsatz.xlsx", workbook({"Leer": [], "Umsatz": [
        ["Bericht"], [], [" Nr ", "Datum", "Betrag", "Kunde"],
        [1, datetime(2025, 1, 1, 10), 0.1 + 0.2, 4711.0],
        ["2", date(2025, 1, 2), "1.234,50", True],
        [], ["3", "03.01.2025", -1e-7, "x"],
        ["Summe", None, 1234.8, None]]}))
    load = shop.only()
    assert shop.rows(COLUMNS, load) == [
        ("1", datetime(2025, 1, 1, 10), Decimal("0.3"), "4711"),
        ("2", datetime(2025, 1, 2), Decimal("1234.5"), "true"),
        ("3", datetime(2025, 1, 3), Decimal("0"), "x")]
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
        (4, "totals line, told by column Nr")]


@pytest.mark.parametrize("decimal", [".", ","])
def test_dates_in_cells_that_are_formatted_as_numbers(shop: Shop, decimal: str) -> None:
    shop.declare(f"files: '*.xlsx', format: excel, decimal: '{decimal}', "
                 "time_zone: Europe/Berlin, timestamp_format: [excel, '%d.%m.%Y']")
    shop.write("o.xlsx", workbook({"A": [
        HEADER, [1, 45123, 1, "a"], [2, 45123.4375, 1, "a"], [3, date(2023, 7, 16), 1, "a"],
        [4, "16.07.2023", 1, "a"], [5, 2023, 1, "a"], [6, 20230716, 1, "a"], [7, -45123, 1, "a"]]}))
    load = shop.only()
    assert shop.rows("source_record_ref, ordered_at", load) == [
        ("1", datetime(2023, 7, 15, 22)), ("2", datetime(2023, 7, 16, 8, 30)),
        ("3", datetime(2023, 7, 15, 22)), ("4", datetime(2023, 7, 15, 22))]
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
        (row, "column ordered_at: not a point in time") for row in (5, 6, 7)]


def test_sheets_of_one_kind_are_one_table(shop: Shop) -> None:
    """In another order of columns; their name is a column, and each has totals at its end."""
    shop.declare("files: 'o*', format: excel, sheet: 'Umsatz*', sheet_column: Blatt, skip_last: 1",
                 "{ordered_at: Datum, net_amount: Betrag, customer_ref: Kunde, channel: Blatt}",
                 key="[Blatt, Nr]")
    shop.write("o.xlsx", workbook({
        "Umsatz Jan": [HEADER, [1, date(2025, 1, 1), 5, "a"], ["Summe", None, 5, None]],
        "Notizen": [["frei"]],
        "Umsatz Feb": [["Kunde", "Betrag", "Nr", "Datum"], ["b", 6, 1, date(2025, 2, 1)],
                       ["Summe", 6, None, None]]}))
    load = shop.only()
    assert shop.rows("source_record_ref, net_amount, customer_ref, channel", load) == [
        ("Umsatz Feb|1", Decimal("6"), "b", "Umsatz Feb"),
        ("Umsatz Jan|1", Decimal("5"), "a", "Umsatz Jan")]
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
        (2, "left out by skip_last"), (4, "left out by skip_last")]


def test_rows_of_sheets_that_explain_the_header_are_no_records(shop: Shop) -> None:
    shop.declare("files: 'o*', format: excel, sheet: '*', sheet_column: Blatt, "
                 "skip_after_header: 1, skip_last: 1", key="[Blatt, Nr]")
    shop.write("o.xlsx", workbook({
        sheet: [HEADER, ["", "Wann?", "Response", "Open-Ended Response"],
                [1, date(2025, 1, 1), 5, "a"], ["Summe", None, 5, None]] for sheet in "AB"}))
    load = shop.only()
    assert shop.rows("source_record_ref, net_amount, customer_ref", load) == [
        ("A|1", Decimal("5"), "a"), ("B|1", Decimal("5"), "a")]
    assert [row for row, _, _ in shop.rejects(load)] == [2, 4]


def test_cells_without_a_header_ride_along(shop: Shop) -> None:
    shop.declare("files: 'o*', format: excel")
    shop.write("o.xlsx", workbook({"A": [HEADER, [1, date(2025, 1, 1), 5, "a", "note"]]}))
    assert shop.rows("source_metadata", shop.only()) == [('{"unnamed_5":"note"}',)]


@pytest.mark.parametrize(("settings", "sheets", "sentence"), [
    ("", {"A": [HEADER], "B": [HEADER]}, "several sheets; it has A, B: name one"),
    ("sheet: C", {"A": [HEADER]}, "no sheet 'C'; it has A: name one"),
    ("", {"A": []}, "nothing in any sheet"),
    ("sheet: '*'", {"A": [HEADER], "B": [["x"]]}, "sheet B: has other columns"),
    ("skip_first: 5", {"A": [HEADER]}, "sheet A: no header found"),
])
def test_sheets_that_do_not_fit_are_told(
    shop: Shop, settings: str, sheets: dict[str, list[list[str]]], sentence: str,
) -> None:
    shop.declare("files: 'o*', format: excel" + (f", {settings}" if settings else ""))
    shop.write("o.xlsx", workbook(sheets))  # type: ignore[arg-type]
    assert sentence in shop.problem()


@pytest.mark.parametrize("content", [
    b"PK\x03\x04 no workbook", CSV, workbook({"A": [HEADER]})[:-300]])
def test_what_is_no_workbook_is_told(shop: Shop, content: bytes) -> None:
    shop.declare("files: 'o*', format: excel")
    shop.write("o.xlsx", content)
    assert "o.xlsx: not readable as Excel workbook" in shop.problem()


def test_a_workbook_declared_as_csv_is_told(shop: Shop) -> None:
    shop.declare("files: 'o*'")
    shop.write("o.xlsx", workbook({"A": [HEADER]}))
    assert shop.problem() == "o.xlsx: is an Excel workbook; set `format: excel`"


RECORDS = [{"Nr": 1, "Datum": "2025-01-01T10:00:00", "Betrag": 1.5, "Kunde": "a"},
           {"Nr": 2, "Datum": "2025-01-02", "Betrag": "2", "Kunde": "b"}]


@pytest.mark.parametrize(("settings", "content"), [
    ("format: json", json.dumps(RECORDS)),
    ("format: json", json.dumps(RECORDS, indent=2)),
    ("format: json, record_path: data.orders",
     json.dumps({"data": {"orders": RECORDS, "next": None}, "n": 2})),
    ("format: json, record_path: 'a\"b'", json.dumps({'a"b': RECORDS})),
    ("format: json, encoding: utf-16", json.dumps(RECORDS)),
    ("format: jsonl", "\n\n".join(map(json.dumps, RECORDS))),
    ("format: jsonl", "\r\n".join(map(json.dumps, RECORDS)) + "\n"),
])
def test_records_of_json_documents(shop: Shop, settings: str, content: str) -> None:
    shop.declare(f"files: 'o*', {settings}")
    shop.write("o.json", content.encode("utf-16" if "utf-16" in settings else "utf-8-sig"))
    assert shop.rows(COLUMNS, shop.only()) == EXPECTED


def test_files_of_one_json_table_keep_their_own_numbers(shop: Shop) -> None:
    shop.declare("files: 'o*', format: json, record_path: orders")
    for name in "ab":
        shop.write(f"o{name}.json", json.dumps(
            {"orders": [*RECORDS, 7, {"Nr": None}], "of": name}).encode())
    loads = shop.load().loaded
    assert [(load.rows_read, load.rows_accepted) for load in loads] == [(4, 2), (4, 2)]
    for load in loads:
        assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
            (3, "line not readable: not a JSON object"),
            (4, "column ordered_at: empty, but required; key column Nr: empty")]


def test_lists_within_records_become_rows(shop: Shop) -> None:
    """As lines of an order: each row has its order's values beside its own."""
    shop.declare("files: 'o*', format: json, explode: body.lines",
                 "{ordered_at: at, customer_ref: body.lines.sku, channel: body.lines_number}",
                 key="[id, body.lines.sku]")
    shop.write("o.json", json.dumps([
        {"id": 1, "at": "2025-01-01", "body": {"lines": [{"sku": "a"}, {"sku": "b"}], "n": 2}},
        {"id": 2, "at": "2025-01-01", "body": {"lines": [], "n": 0}},
        {"id": 3, "at": "2025-01-01", "body": {"lines": {"sku": "c"}}},
        {"id": 4, "at": None, "body": {"lines": [{"sku": "d"}]}}]).encode())
    load = shop.only()
    assert shop.rows("source_record_ref, channel, source_metadata", load) == [
        ("1|a", "1", '{"body":{"n":2,"lines":{}}}'), ("1|b", "2", '{"body":{"n":2,"lines":{}}}'),
        ("3|c", "1", '{"body":{"lines":{}}}')]
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
        (4, "column ordered_at: empty, but required")]


@pytest.mark.parametrize(("settings", "content", "sentence"), [
    ("record_path: data.items", b'{"data": []}', "no records at data.items"),
    ("", b'[{"Nr": 1}, {"Nr"', "o.json: not readable as json"),
    ("encoding: windows-1252", b"\xef\xbb\xbf[]", "starts with the byte order mark of utf-8"),
])
def test_a_json_document_that_does_not_fit_is_told(
    shop: Shop, settings: str, content: bytes, sentence: str,
) -> None:
    shop.declare("files: 'o*', format: json" + (f", {settings}" if settings else ""))
    shop.write("o.json", content)
    assert sentence in shop.problem()


def test_a_field_may_have_dots_in_its_name(shop: Shop) -> None:
    """Some exports flatten their objects that way; the field itself goes before the object."""
    shop.declare("files: 'o*', format: jsonl",
                 "{ordered_at: order.at, customer_ref: who.id, channel: at.all}", key="order.nr")
    for name, records in (("a", [
            {"order.nr": 1, "order.at": "2025-01-01", "who.id": "K1", "note": "x"},
            {"order.nr": 2, "order.at": "2025-01-01", "who": {"id": "K2", "n": 5}},
            {"order.nr": 3, "order.at": "2025-01-01", "who.id": "K3", "who": {"id": "K4"}},
            {"order.nr": None, "order.at": "2025-01-01"}]), ("b", [
            {"order": {"nr": 4, "at": "2025-01-02"}, "who": {"id": "K5"}, "at.all": "web"}])):
        shop.write(f"o{name}.jsonl", "\n".join(map(json.dumps, records)).encode())
    report = shop.load()
    assert not report.problems
    first, second = report.loaded
    columns = "source_record_ref, customer_ref, channel"
    assert shop.rows(columns, first) == [
        ("1", "K1", None), ("2", "K2", None), ("3", "K3", None)]
    assert [reason for _, reason, _ in shop.rejects(first)] == ["key column order.nr: empty"]
    assert shop.rows(columns, second) == [("4", "K5", "web")]
    assert [json.loads(kept) for (kept,) in shop.rows("source_metadata", first)] == [
        {"note": "x", "order": {}, "who": {}}, {"order": {}, "who": {"n": 5}},
        {"order": {}, "who": {}}]


def test_a_name_with_dots_leaves_nothing_of_its_field_behind(shop: Shop) -> None:
    shop.declare("files: 'o*', format: json", "{ordered_at: order.at}", key="order.nr")
    shop.write("o.json", b'[{"order.nr": 1, "order.at": "2025-01-01"}]')
    assert shop.rows("source_record_ref, ordered_at, source_metadata", shop.only()) == [
        ("1", datetime(2025, 1, 1), None)]
