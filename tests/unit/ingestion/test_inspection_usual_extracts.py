"""What is proposed for extracts as German and English systems usually write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.declaration import FileFormat, SourceDeclaration, TableDeclaration, read_declaration
from ingestion.inspection import declaration_text, found_table, inspect_extracts
from ingestion.inspection.totals import find_totals
from ingestion.inspection.vocabulary import concepts
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone

ROWS = 60
COMMENTS = ["Die Lieferung kam viel zu spät", "Sehr freundlich beraten worden", "",
            "Niemand ging ans Telefon heute", "Gerne wieder, alles bestens hier"]
RECOMMENDATIONS = (0, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)


def moment(row: int, form: str = "%d.%m.%Y %H:%M") -> str:
    return (datetime(2026, 3, 1, 8, 0) + timedelta(hours=7 * row, minutes=row)).strftime(form)


def propose(
    folder: Path, name: str, header: list[str], record: Callable[[int], list[Any]],
    delimiter: str = ";",
) -> SourceDeclaration:
    """Write an extract, and read what is proposed for it; it loads without a problem."""
    extracts = folder / "extracts"
    extracts.mkdir()
    lines = [header, *([str(value) for value in record(row)] for row in range(ROWS))]
    (extracts / name).write_text("\n".join(delimiter.join(line) for line in lines) + "\n",
                                 encoding="utf-8")
    inspection = inspect_extracts(extracts / name)
    assert list(found_table(inspection))
    file = folder / "proposed.yml"
    file.write_text(declaration_text(inspection), encoding="utf-8")
    declaration = read_declaration(file)
    report = load_extracts([declaration], extracts, RawZone(folder / "raw"))
    assert not report.problems
    assert sum(load.rows_rejected for load in report.loaded) == 0
    return declaration


def table(declaration: SourceDeclaration, entity: str) -> TableDeclaration:
    return next(one for one in declaration.tables if one.entity == entity)


def sources(one: TableDeclaration) -> dict[str, tuple[str, ...]]:
    return {name: mapping.names for name, mapping in one.columns.items() if mapping.names}


@pytest.mark.parametrize(("name", "delimiter", "header"), [
    ("umfrage_2026-10-31.csv", ";",
     ["Antwort-Nr", "Kundennr", "Datum", "Weiterempfehlung (0-10)", "Kommentar", "Filiale"]),
    ("NPS_Befragung_Q3.csv", ";",
     ["ID", "Kundennummer", "Befragungsdatum",
      "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
      "Was ist der Hauptgrund für Ihre Bewertung?", "Filiale"]),
    ("nps_survey_export.csv", ",",
     ["Response ID", "Customer ID", "Submitted at",
      "How likely are you to recommend us to a friend or colleague?",
      "What is the main reason for your score?", "Store"]),
])
def test_a_survey_with_one_score_is_a_survey(
    tmp_path: Path, name: str, delimiter: str, header: list[str],
) -> None:
    found = propose(tmp_path, name, header, lambda row: [
        1000 + row, f"K{row % 23:04}", moment(row), RECOMMENDATIONS[row % 11],
        COMMENTS[row % 5].replace(",", ""), f"Markt {row % 4}"], delimiter)
    assert [one.entity for one in found.tables] == [
        "survey.questions", "survey.responses", "survey.answers", "survey.answers"]
    responses = table(found, "survey.responses")
    assert responses.key == (header[0],)
    assert sources(responses) == {"customer_ref": (header[1],), "responded_at": (header[2],),
                                  "store_ref": (header[5],)}
    assert [sources(one) for one in found.tables[2:]] == [
        {"response_ref": (header[0],), "score": (header[3],)},
        {"response_ref": (header[0],), "text": (header[4],)}]
    assert [(record["question_type"], record["wording"]) for record in found.tables[0].records] == [
        ("nps", header[3]), ("text", header[4])]


def test_satisfaction_on_the_whole_is_csat_that_with_single_matters_a_rating(
    tmp_path: Path,
) -> None:
    found = propose(tmp_path, "Kundenzufriedenheit.csv", [
        "Fragebogen-Nr.", "Ausgefüllt am", "Kunden-Nr", "Zufriedenheit gesamt",
        "Zufriedenheit Beratung", "Zufriedenheit Lieferung", "Weiterempfehlungsbereitschaft",
        "Anmerkungen"], lambda row: [
            1 + row, moment(row), 70_000 + row % 23, row % 5 + 1, (row + 1) % 5 + 1,
            (row + 2) % 5 + 1, RECOMMENDATIONS[row % 11], COMMENTS[row % 5]])
    assert {record["ref"]: record["question_type"] for record in found.tables[0].records} == {
        "Zufriedenheit gesamt": "csat", "Zufriedenheit Beratung": "rating",
        "Zufriedenheit Lieferung": "rating", "Weiterempfehlungsbereitschaft": "nps",
        "Anmerkungen": "text"}


def test_customers_with_a_date_of_their_last_change(tmp_path: Path) -> None:
    found = propose(tmp_path, "Kundenstamm.csv", [
        "Kundennr.", "Anrede", "Titel", "Vorname", "Nachname", "Straße", "Hausnr.", "PLZ", "Ort",
        "Geburtsdatum", "E-Mail", "Angelegt am", "Geändert am"], lambda row: [
            10_000 + row, ["Herr", "Frau"][row % 2], ["", "Dr."][row % 2], f"Ada{row % 7}",
            f"Lovelace{row}", "Gartenweg", row + 1, f"0{1000 + row}", "Ulm",
            f"{row % 28 + 1:02}.03.1970", f"kunde{row}@example.org", moment(row, "%d.%m.%Y"),
            moment(row)])
    customers = table(found, "crm.customers")
    assert customers.updated_at
    assert customers.updated_at.names == ("Geändert am",)
    assert sources(customers)["created_at"] == ("Angelegt am",)


def test_the_time_of_day_in_a_column_beside_the_date_is_read_with_it(tmp_path: Path) -> None:
    found = propose(tmp_path, "Kassenbons_2026-09.csv", [
        "Bonnr", "Pos", "Filialnr", "Datum", "Uhrzeit", "Artikelnr", "Menge", "Gesamtpreis",
        "Kundenkarte"], lambda row: [
            2000 + row // 3, row % 3 + 1, row // 3 % 9 + 1, moment(row // 3, "%d.%m.%Y"),
            moment(row // 3, "%H:%M"), f"A{row % 17:04}", row % 3 + 1, f"{row + 1},90",
            81_000 + row // 3])
    orders = table(found, "pos.orders")
    assert sources(orders) == {"store_ref": ("Filialnr",), "loyalty_id": ("Kundenkarte",),
                               "ordered_at": ("Datum", "Uhrzeit")}
    lines = table(found, "pos.order_lines")
    assert sources(lines)["booked_at"] == ("Datum", "Uhrzeit")
    assert lines.columns["booked_at"].format == ("%d.%m.%Y|%H:%M",)


def test_of_two_dates_each_has_the_time_behind_it(tmp_path: Path) -> None:
    found = propose(tmp_path, "Tickets.csv", [
        "Ticket-ID", "Kundennr", "Eröffnet am", "Uhrzeit Eröffnung", "Geschlossen am", "Betreff"],
        lambda row: [f"T{row:05}", 100 + row % 9, moment(row, "%d.%m.%Y"),
                     moment(row, "%H:%M:%S"), moment(row + 5, "%d.%m.%Y"), "Lieferung fehlt"])
    cases = table(found, "crm.cases")
    assert sources(cases)["opened_at"] == ("Eröffnet am", "Uhrzeit Eröffnung")
    assert sources(cases)["resolved_at"] == ("Geschlossen am",)


def test_dates_and_times_with_types_of_their_own_are_read_together(tmp_path: Path) -> None:
    duckdb.sql(f"""copy (
        select 'B' || (1000 + i) as "Bestellnr", 'K' || (i % 9) as "Kundennr",
            date '2026-03-01' + cast(i as integer) as "Bestelldatum",
            time '08:00:00' + to_minutes(i) as "Uhrzeit", i + 0.5 as "Bestellwert"
        from range({ROWS}) as r(i)) to '{tmp_path}/bestellungen.parquet'""")
    assert ordered_at(tmp_path, "bestellungen.parquet")[1] == datetime(2026, 3, 2, 7, 1)


def test_a_date_that_is_written_with_midnight_is_read_without_the_time_beside_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "bestellungen.csv").write_text(
        "Bestellnr,Kundennr,Bestelldatum,Uhrzeit,Bestellwert\n" + "".join(
            f"B{row:04},K{row % 9},2026-03-{row % 28 + 1:02} 00:00:00,08:{row:02},{row}.5\n"
            for row in range(ROWS)))
    assert ordered_at(tmp_path, "bestellungen.csv")[1] == datetime(2026, 3, 1, 23)


_NESTED = """
    select 'O' || i as order_id, timestamp '2026-03-01 10:00' + to_hours(cast(i as int)) as created,
        {who} as customer, {{'value': i + 0.5}} as total, [{{'sku': 'A'}}] as items, ['x'] as tags
    from range(60) as r(i)"""
_WHO = "{'id': 'C' || (i % 7), 'contact': {'email': 'a' || i || '@example.org'}, 'notes': ['n']}"


@pytest.mark.parametrize(("name", "who", "form"), [
    ("orders.parquet", _WHO, "parquet"), ("orders.jsonl", _WHO, "json"),
    ("orders.parquet", f"cast(to_json({_WHO}) as varchar)", "parquet"),
    ("orders.csv", f"to_json({_WHO})", "csv"),
])
def test_values_within_objects_are_proposed_and_lists_told(
    tmp_path: Path, name: str, who: str, form: str,
) -> None:
    duckdb.sql(f"copy ({_NESTED.format(who=who)}) to '{tmp_path / name}' (format {form})")
    inspection = inspect_extracts(tmp_path / name)
    text = declaration_text(inspection)
    (tmp_path / "proposed.yml").write_text(text, encoding="utf-8")
    declaration = read_declaration(tmp_path / "proposed.yml")
    found = sources(table(declaration, "pos.orders"))
    assert (found["customer_ref"], found["email"]) == (
        ("customer.id",), ("customer.contact.email",))
    told = "\n".join(found_table(inspection))
    for names in (told, text):
        assert "customer.notes" in names
        assert form == "csv" or all(one in names for one in ("items", "tags"))
    report = load_extracts([declaration], tmp_path, RawZone(tmp_path / "raw"))
    assert not report.problems
    assert [load.rows_accepted for load in report.loaded] == [ROWS]


@pytest.mark.parametrize("code", ["asin", "ISBN", "MPN", "PLU"])
def test_a_code_of_products_is_the_key_of_products_only(tmp_path: Path, code: str) -> None:
    """Be it another one in every row that was looked at: a product has several reviews."""
    for part in ("a", "b", "c"):
        (tmp_path / part).mkdir()
    reviews = propose(tmp_path / "a", "reviews.csv", [
        code, "title", "text", "rating", "timestamp", "user_id"], lambda row: [
            f"B0{row:08}", "Great",
            COMMENTS[row % 5].replace(",", "") or "Alles war gut", row % 5 + 1,
            1_588_687_728_000 + row, f"AG{row % 40:06}"], ",")
    (posts,) = reviews.tables
    assert (posts.entity, posts.key, posts.duplicates) == ("social.posts", (), "keep")
    products = propose(tmp_path / "b", "articles.csv", [code, "title", "brand", "price"],
                       lambda row: [f"B0{row:08}", f"Hose {row}", "Marke", f"{row + 5}.9"], ",")
    assert [(one.entity, one.key) for one in products.tables] == [("pos.products", (code,))]
    sales = propose(tmp_path / "c", "sales.csv", ["order_id", code, "date", "units", "revenue"],
                    lambda row: [f"O{row // 2}", f"B0{row % 9:08}", "2025-01-03", 1, f"{row}.5"],
                    ",")
    lines = table(sales, "pos.order_lines")
    assert (sources(lines)["product_ref"], lines.key) == ((code,), ())


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M"])
@pytest.mark.parametrize("zone", [" MEZ", "Z", " GMT+1", "+01:00"])
def test_points_in_time_with_a_zone_are_some(tmp_path: Path, form: str, zone: str) -> None:
    (tmp_path / "bestellungen.csv").write_text(
        "Bestellnr,Kundennr,Bestelldatum,Bestellwert\n" + "".join(
            f"B{row:04},K{row % 9},{moment(row, form)}{zone},{row}.5\n" for row in range(ROWS)))
    assert ordered_at(tmp_path, "bestellungen.csv")[1] == datetime(
        2026, 3, 1, 15 if zone == "Z" else 14, 1)


def ordered_at(folder: Path, name: str) -> list[datetime]:
    """When the orders of an extract were made (UTC), as it loads by what is proposed for it."""
    (folder / "proposed.yml").write_text(declaration_text(inspect_extracts(folder / name)),
                                         encoding="utf-8")
    zone = RawZone(folder / "raw")
    (load,) = load_extracts([read_declaration(folder / "proposed.yml")], folder, zone).loaded
    assert load.rows_accepted == ROWS
    files = [str(file) for file in zone.files_of([load])]
    return [row[0] for row in duckdb.sql(
        f"select ordered_at from read_parquet({files}) order by source_record_ref").fetchall()]


@pytest.mark.parametrize(("name", "header", "record", "entity", "key", "wanted"), [
    ("Bewertungen.csv", ["Bewertungs-ID", "Datum", "Sterne", "Text", "Plattform", "Verfasser"],
     lambda row: [9000 + row, moment(row, "%d.%m.%Y"), row % 5 + 1,
                  COMMENTS[row % 5] or "Alles war in Ordnung", "Portal", f"leser{row}"],
     "social.posts", ("Bewertungs-ID",),
     {"posted_at": ("Datum",), "rating": ("Sterne",), "text": ("Text",)}),
    ("Vertraege.csv", ["Vertragsnummer", "Kundennummer", "Tarif", "Vertragsbeginn",
                       "Monatlicher Beitrag", "Status"],
     lambda row: [f"V{row:05}", 100 + row % 9, ["Basis", "Komfort"][row % 2],
                  moment(row, "%d.%m.%Y"), f"{row + 9},90", ["aktiv", "gekündigt"][row % 2]],
     "crm.contracts", ("Vertragsnummer",),
     {"product_ref": ("Tarif",), "fee_amount": ("Monatlicher Beitrag",)}),
    ("Artikelstamm.csv", ["Artikelnummer", "Bezeichnung", "Warengruppe", "EK", "VK"],
     lambda row: [f"A{row:04}", f"Hose {row}", ["Herren", "Damen"][row % 2], f"{row + 5},90",
                  f"{row + 19},95"],
     "pos.products", ("Artikelnummer",), {"unit_cost": ("EK",), "unit_price": ("VK",)}),
    ("Filialen.csv", ["Filialnummer", "Name", "PLZ", "Ort", "Eröffnung"],
     lambda row: [row + 1, f"Haus {row}", f"{50_000 + row}", "Köln", moment(row, "%d.%m.%Y")],
     "pos.stores", ("Filialnummer",), {"opened_on": ("Eröffnung",)}),
    ("events.csv", ["event_id", "timestamp", "session_id", "event_name", "page_url"],
     lambda row: [f"e{row:06}", moment(row, "%Y-%m-%dT%H:%M:%SZ"), f"s{row // 4}",
                  ["page_view", "purchase"][row % 2], f"https://shop.example/p/{row}"],
     "digital.events", ("event_id",), {"page": ("page_url",), "session_id": ("session_id",)}),
])
def test_usual_names_of_columns_are_understood(
    tmp_path: Path, name: str, header: list[str], record: Callable[[int], list[Any]], entity: str,
    key: tuple[str, ...], wanted: dict[str, tuple[str, ...]],
) -> None:
    found = table(propose(tmp_path, name, header, record), entity)
    assert found.key == key
    assert sources(found).items() >= wanted.items()


def test_a_line_of_totals_at_the_end_is_no_record(tmp_path: Path) -> None:
    header = ["Bestellnr", "Bestelldatum", "Kundennr", "Bestellwert"]
    lines = [header, *([f"B{row:05}", moment(row), f"K{row % 9}", f"{row},90"]
                       for row in range(ROWS)), ["Summe:", "", "", "1824,00"], [""]]
    (tmp_path / "Bestellungen.csv").write_text("\r\n".join(";".join(line) for line in lines))
    inspection = inspect_extracts(tmp_path / "Bestellungen.csv")
    (tmp_path / "proposed.yml").write_text(declaration_text(inspection), encoding="utf-8")
    declaration = read_declaration(tmp_path / "proposed.yml")
    assert table(declaration, "pos.orders").totals == {"Bestellnr": ("Summe*",)}
    (load,) = load_extracts([declaration], tmp_path, RawZone(tmp_path / "raw")).loaded
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (ROWS + 1, ROWS, 1)


@pytest.mark.parametrize("last", ["Summe;2;3", "B9;;", "", "Summerfield;;", ";;"])
def test_a_record_at_the_end_is_no_line_of_totals(tmp_path: Path, last: str) -> None:
    (tmp_path / "a.csv").write_text("a;b;c\nB1;2;3\n" + last)
    form = FileFormat(format="csv", delimiter=";")
    assert find_totals(tmp_path / "a.csv", form, ("a", "b", "c")) is None


def test_the_s_of_a_compound_may_stand_before_a_hyphen() -> None:
    assert concepts("Rechnungs-Nr") == ("order", "id")
    assert concepts("Bewertungs-ID") == ("rating", "id")
