"""What is proposed where an extract can be taken in two ways: nothing wrong without a word."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks.workbooks import workbook
from ingestion.declaration import SourceDeclaration
from ingestion.inspection import NotInspected, declaration_text, found_table
from tests.unit.ingestion.test_inspection import NAMES, PLACES, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def customers(count: int = 60) -> list[str]:
    return ["customer_id;last_name;city", *(
        f"{i};{NAMES[i % 10]};{PLACES[i % 10]}" for i in range(count))]


def told(folder: Folder) -> str:
    return "\n".join(found_table(folder.inspection))


def test_a_few_damaged_lines_do_not_make_utf_8_another_encoding(folder: Folder) -> None:
    (folder.extracts / "customers.csv").write_bytes(
        "\n".join(customers()).encode() + "\n60;Jürgen;Köln\n".encode("windows-1252"))
    declaration = folder.propose("customers.csv")
    assert declaration.tables[0].encoding == "utf-8"
    assert "1 lines are not and will be rejected" in told(folder)
    (load,) = folder.load(declaration).loaded
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (61, 60, 1)


def test_a_file_of_nothing_but_a_byte_order_mark_is_empty(folder: Folder) -> None:
    (folder.extracts / "customers.csv").write_bytes(b"\xef\xbb\xbf")
    with pytest.raises(NotInspected, match="file is empty"):
        folder.propose("customers.csv")


def test_a_zstd_archive_is_looked_at(folder: Folder) -> None:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write("\n".join(customers()).encode())
    (folder.extracts / "customers.csv.zst").write_bytes(sink.getvalue().to_pybytes())
    declaration = folder.propose("customers.csv.zst")
    assert len(folder.rows(declaration, "last_name")) == 60


@pytest.mark.parametrize(("delimiter", "written", "read"), [
    (",", '"{},250"', 1250), (";", "{}.250", 1250), ("\t", "{}.250", 1250), ("|", "{},250", 1250),
    (";", "{},250", Decimal("1.25")), (",", "{}.250", Decimal("1.25")),
    ("\t", "0.1{:02}", Decimal("0.101")),
])
def test_the_only_mark_before_three_digits_is_told_to_be_a_guess(
    folder: Folder, delimiter: str, written: str, read: Any,
) -> None:
    folder.write("orders.csv", [delimiter.join(line) for line in [
        ["order_id", "customer_id", "order_date", "amount"], *(
            [str(i), str(i % 9), f"2025-01-{i + 1:02}", written.format(i)] for i in range(1, 20))]])
    declaration = folder.propose("orders.csv")
    assert folder.rows(declaration, "net_amount")[0] == (read,)
    assert ("guess: what stands" in declaration_text(folder.inspection)) == ("0.1" not in written)


def test_thousands_that_only_a_later_file_has(folder: Folder) -> None:
    for day in (1, 2):
        folder.write(f"bestellungen_2025070{day}.csv", [
            "Bestellnr;Kundennr;Bestelldatum;Betrag", *(
                f"{day}{i:03};{i % 9};0{day}.07.2025;{'1.0' * (day - 1)}{i + 10},50"
                for i in range(20))])
    loads = folder.load(folder.propose()).loaded
    assert [load.rows_rejected for load in loads] == [0, 0]


def test_amounts_with_a_currency_and_a_minus_behind(folder: Folder) -> None:
    folder.write("bestellungen.csv", ["Bestellnr;Kundennr;Bestelldatum;Betrag", *(
        f"{i};{i % 9};01.07.2025;1.{i:03},50{'-' if i % 5 == 0 else ''} €" for i in range(20))])
    declaration = folder.propose("bestellungen.csv")
    assert (declaration.currency, declaration.tables[0].columns["net_amount"].names) == (
        "EUR", ("Betrag",))
    assert folder.rows(declaration, "min(net_amount), max(net_amount), any_value(currency)") == [
        (Decimal("-1015.5"), Decimal("1019.5"), "EUR")]


def dated_orders(folder: Folder, *, ordered: str, shipped: str) -> SourceDeclaration:
    days = [datetime(2025, month, day, 15, 30) for month in (1, 2, 3) for day in range(1, 12)]
    folder.write("orders.csv", ["order_id,customer_id,order_date,shipped_date,amount", *(
        f"{i},{i % 9},{day.strftime(ordered)},{(day + timedelta(days=9)).strftime(shipped)},{i}.50"
        for i, day in enumerate(days))])
    return folder.propose("orders.csv")


@pytest.mark.parametrize(("ordered", "shipped"), [
    ("%m/%d/%Y", "%m/%d/%Y"), ("%d/%m/%Y", "%d/%m/%Y"), ("%m/%d/%y", "%m/%d/%Y %H:%M"),
    ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d"),
])
def test_whether_the_day_comes_first_is_told_by_the_whole_file(
    folder: Folder, ordered: str, shipped: str,
) -> None:
    declaration = dated_orders(folder, ordered=ordered, shipped=shipped)
    assert folder.rows(declaration, "cast(ordered_at as date)")[:2] == [
        (date(2025, 1, 1),), (date(2025, 1, 2),)]
    assert ("comes first nothing tells" in declaration_text(folder.inspection)) == ("%p" in ordered)


def test_dates_that_fit_two_ways_are_marked(folder: Folder) -> None:
    declaration = dated_orders(folder, ordered="%m/%d/%Y", shipped="%Y-%m-%d")
    (line,) = [line for line in declaration_text(folder.inspection).splitlines()
               if "ordered_at:" in line]
    assert "guess: " in line
    assert "whether day or month comes first nothing tells" in line
    assert declaration.tables[0].columns["ordered_at"].names == ("order_date",)


def lines_of_day(day: int, names: str = "Bonnr;Pos;Datum;Artikel;Menge;Betrag") -> list[str]:
    return [names, *(f"{day}{i // 2:03};{i % 2 + 1};0{day}.07.2025;"
                     f"{'Käse' if day == 2 else 'Brot'}{i % 3};1;{i},50" for i in range(30))]


def test_a_day_without_umlauts_is_written_as_the_others(folder: Folder) -> None:
    for day in (1, 2, 3):
        folder.write(f"bons_2025-07-0{day}.csv", lines_of_day(day), "windows-1252")
    declaration = folder.propose()
    assert [table.encoding for table in declaration.tables] == ["windows-1252"]
    assert sum(load.rows_accepted for load in folder.load(declaration).loaded) == 90


def test_a_day_with_another_name_of_a_column_is_no_table_of_its_own(folder: Folder) -> None:
    for day in (1, 2, 3):
        folder.write(f"bons_2025-07-0{day}.csv", lines_of_day(
            day, "Bonnr;Pos;Datum;Artikel;Menge;" + ("Umsatz" if day == 3 else "Betrag")))
    declaration = folder.propose()
    (table,) = declaration.tables
    assert table.columns["net_amount"].names == ("Betrag", "Umsatz")
    loads = folder.load(declaration).loaded
    assert (sum(load.rows_accepted for load in loads), len(loads)) == (90, 3)
    assert not folder.inspection.problems


def test_files_of_another_kind_under_the_same_pattern_are_told(folder: Folder) -> None:
    for day in (1, 2):
        folder.write(f"export_2025-07-0{day}.csv", lines_of_day(day))
    folder.write("export_2025-07-03.csv", customers())
    folder.propose()
    assert any("export_2025-07-03.csv, too" in problem for problem in folder.inspection.problems)


@pytest.mark.parametrize(("before", "header", "record"), [
    ("", "Kundennr;Vorname;Nachname;E-Mail;", "{i};Anna;{name};k{i}@example.org;"),
    ("", ";Kundennr;Vorname;Nachname;E-Mail", "{i};{i};Anna;{name};k{i}@example.org"),
    ("", ";Kundennr;Vorname;Nachname;E-Mail;", ";{i};Anna;{name};k{i}@example.org;"),
    ("", "Kundennr;Vorname;;Nachname;E-Mail", "{i};Anna;von;{name};k{i}@example.org"),
    ("", "Kundennr;Vorname;Nachname;E-Mail;Telefon;Telefon",
     "{i};Anna;{name};k{i}@example.org;0221/4{i:05};"),
    ("\n\n", "Kundennr;Vorname;Nachname;E-Mail", "{i};Anna;{name};k{i}@example.org"),
    ("Kunden\n\n", "Kundennr;Vorname;Nachname;E-Mail;E-MAIL", "{i};Anna;{name};k{i}@example.org;"),
])
def test_a_header_with_missing_or_doubled_names_is_no_record(
    folder: Folder, before: str, header: str, record: str,
) -> None:
    folder.write("kunden.csv", [before + header, *(
        record.format(i=i, name=NAMES[i % 10]) for i in range(40))])
    declaration = folder.propose("kunden.csv")
    (table,) = declaration.tables
    assert {name: mapping.names for name, mapping in table.columns.items() if mapping.names
            and name != "phone"} == {
        "first_name": ("Vorname",), "last_name": ("Nachname",), "email": ("E-Mail",)}
    assert folder.rows(declaration, "count(*), count(distinct source_record_ref)") == [(40, 40)]


def test_records_with_gaps_are_no_header(folder: Folder) -> None:
    folder.write("people.csv", [f"Berg;{place};;x;x" for place in PLACES for _ in range(2)])
    declaration = folder.propose("people.csv", entity="crm.customers")
    assert declaration.tables[0].column_names[0] == "column_1"


@pytest.mark.parametrize(("name", "column"), [
    ("Debitor", "customer_ref"), ("Telefon", "phone"), ("Tel. Kunde", "phone"), ("Xy", "phone")])
def test_a_number_filled_up_with_zeros_is_no_telephone(
    folder: Folder, name: str, column: str,
) -> None:
    folder.write("auftraege.csv", [f"Auftragsnr;{name};Auftragsdatum;Betrag", *(
        f"{i};{10_001_000 + i % 9:010};{i % 28 + 1:02}.07.2025;{i},50" for i in range(40))])
    columns = folder.propose("auftraege.csv").tables[0].columns
    assert columns[column].names == (name,)


def test_a_workbook_with_a_title_totals_and_other_sheets(folder: Folder) -> None:
    (folder.extracts / "umsatz.xlsx").write_bytes(workbook({
        "Hinweise": [["Stand 31.10.2025"]],
        "Umsatz": [["Umsatzbericht"], ["Stand", date(2025, 10, 31)], [],
                   ["Bestellnr", "Kundennr", "Bestelldatum", "Betrag", "Filialnr"],
                   *([f"B{i}", 100 + i % 7, datetime(2025, 7, i % 28 + 1), i + 0.5, i % 3]
                     for i in range(40)),
                   ["Summe", None, None, 800.0, None]]}))
    declaration = folder.propose("umsatz.xlsx")
    (table,) = declaration.tables
    assert (table.entity, table.sheet, table.skip_first, table.totals) == (
        "pos.orders", "Umsatz", 3, {"Bestellnr": ("Summe*",)})
    (load,) = folder.load(declaration).loaded
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (41, 40, 1)


@pytest.mark.parametrize("part", [0, 0.25])
def test_days_of_a_workbook_that_are_written_as_numbers(folder: Folder, part: float) -> None:
    (folder.extracts / "umsatz.xlsx").write_bytes(workbook({"Umsatz": [
        ["Bestellnr", "Kundennr", "PLZ", "Bestelldatum", "Uhrzeit", "Betrag"],
        *([f"B{i}", 100 + i % 7, 45123 + i % 40, 45123 + i % 40 + part, "10:00", i + 0.5]
          for i in range(40))]}))
    declaration = folder.propose("umsatz.xlsx")
    (table,) = declaration.tables
    mapping = table.columns["ordered_at"]
    assert (mapping.names, mapping.format) == (("Bestelldatum",), ("excel",))
    assert folder.rows(declaration, "min(ordered_at)") == [
        (datetime(2023, 7, 15, 22) + timedelta(days=part),)]


def test_a_percentage_is_no_amount_and_an_order_may_have_a_product_twice(folder: Folder) -> None:
    folder.write("bonpositionen.csv", ["Bonnr;Artikelnr;Pos;Datum;Menge;Betrag;Rabatt %", *(
        f"{100 + i // 4};A{i};{i % 4 + 1};0{i % 9 + 1}.07.2025;1;{i},50;{i % 3 * 5}"
        for i in range(40))])
    (table,) = folder.propose("bonpositionen.csv").tables
    assert table.key == ("Bonnr", "Pos")
    assert "discount_amount" not in table.columns


@pytest.mark.parametrize(("form", "factor"), [("unix", 1), ("unix_ms", 1000)])
def test_points_in_time_counted_since_1970(folder: Folder, form: str, factor: int) -> None:
    folder.write("events.jsonl", [json.dumps({
        "event_id": f"e{i}", "event": "page_view", "user_id": i % 9,
        "created_at": "2025-07-03T10:00:00Z", "ts": (1_751_536_800 + i) * factor, "page": "/start"})
        for i in range(40)])
    folder.write("orders.csv", ["order_id,customer_id,created,amount", *(
        f"{i},{i % 9},{(1_751_536_800 + i) * factor},{i}.50" for i in range(40))])
    mapping = folder.propose("events.jsonl").tables[0].columns["occurred_at"]
    assert mapping.names in (("ts",), ("created_at",))
    declaration = folder.propose("orders.csv")
    assert declaration.tables[0].columns["ordered_at"].format == (form,)
    assert folder.rows(declaration, "min(ordered_at)") == [(datetime(2025, 7, 3, 10),)]


@pytest.mark.parametrize(("form", "written", "months"), [
    ("%d. %B %Y", "0{}. {} 2025", ["Januar", "März", "Juli", "Dezember"]),
    ("%d-%b-%Y", "0{}-{}-2025", ["Jan", "Mrz", "Jul", "Dez"])])
def test_german_names_of_months_are_dates(
    folder: Folder, form: str, written: str, months: list[str],
) -> None:
    folder.write("auftraege.csv", ["Auftragsnr;Kundennr;Auftragsdatum;Betrag", *(
        f"{i};{i % 9};{written.format(i % 9 + 1, months[i % 4])};{i},50" for i in range(40))])
    declaration = folder.propose("auftraege.csv")
    assert declaration.tables[0].date_format == (form,)
    assert folder.rows(declaration, "count(*), count(distinct ordered_at)") == [(40, 36)]


@pytest.mark.parametrize(("name", "header", "entity"), [
    ("tickets.csv", "Ticket;Kundennr;Eröffnet am;Betreff", "crm.cases"),
    ("kunden.csv", "Debitor;Vorname;Angelegt am;Nachname", "crm.customers")])
def test_a_number_called_what_it_counts_is_the_key(
    folder: Folder, name: str, header: str, entity: str,
) -> None:
    folder.write(name, [header, *(
        f"{100 + i};K{i % 9};{i % 28 + 1:02}.07.2025;Wort" for i in range(40))])
    (table,) = folder.propose(name).tables
    assert (table.entity, table.key) == (entity, (header.split(";")[0],))
    assert "linked_case_ref" not in table.columns


@pytest.mark.parametrize(("name", "alive", "gone", "found"), [
    ("IsDeleted", "false", "true", True), ("IsDeleted", "false", "false", False),
    ("LOEVM", "", "X", True), ("LOEVM", "", "", False), ("Löschkennzeichen", "N", "J", True),
    ("gelöscht", "nein", "nein", False), ("deleted", "0", "1", True),
])
def test_a_flag_of_deleted_records_is_proposed(
    folder: Folder, name: str, alive: str, gone: str, found: bool,
) -> None:
    header, *rows = customers()
    (folder.extracts / "customers.csv").write_text("\n".join(
        [f"{header};{name}", *(f"{row};{gone if i == 5 else alive}"
                               for i, row in enumerate(rows))]))
    declaration = folder.propose("customers.csv")
    (load,) = folder.load(declaration).loaded
    assert (load.rows_accepted, load.rows_deleted) == (60, int(found))
    assert declaration.tables[0].deletion is not None


@pytest.mark.parametrize(("name", "values"), [
    ("deleted_at", ("", "2025-03-01")), ("deleted", ("never", "soon")),
    ("deleted_by", ("1", "0")), ("undeleted", ("true", "false")),
])
def test_what_is_no_flag_of_deleted_records(
    folder: Folder, name: str, values: tuple[str, str],
) -> None:
    header, *rows = customers()
    (folder.extracts / "customers.csv").write_text("\n".join(
        [f"{header};{name}", *(f"{row};{values[i % 2]}" for i, row in enumerate(rows))]))
    assert folder.propose("customers.csv").tables[0].deletion is None


@pytest.mark.parametrize(("marks", "joined"), [
    (("false", "true"), ("true",)), (("1", "true"), ("1", "true")), (("", ""), ("X",))])
def test_files_with_another_name_of_a_column_share_the_flag_of_deleted_records(
    folder: Folder, marks: tuple[str, str], joined: tuple[str, ...],
) -> None:
    for day, (name, mark) in enumerate(zip(("city", "town"), marks, strict=True), 1):
        folder.write(f"customers_2025-07-0{day}.csv", [
            f"customer_id;last_name;{name};deleted",
            *(f"{row};{mark if i == 5 else ''}" for i, row in enumerate(customers()[1:]))])
    (table,) = folder.propose().tables
    assert table.deletion is not None
    assert table.deletion.values == joined


def test_a_file_without_the_flag_of_deleted_records_is_a_table_of_its_own(
    folder: Folder,
) -> None:
    header, *rows = customers()
    folder.write("customers_2025-07-01.csv", [
        f"{header};deleted", *(f"{row};{int(i == 5)}" for i, row in enumerate(rows))])
    folder.write("customers_2025-07-02.csv", [header, *rows])
    declaration = folder.propose()
    assert [table.deletion is None for table in declaration.tables] == [False, True]
    assert [load.rows_deleted for load in folder.load(declaration).loaded] == [1, 0]
