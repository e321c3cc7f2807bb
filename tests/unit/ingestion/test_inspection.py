"""What is proposed for an extract nobody declared yet, and that it loads as it is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.workbooks import workbook
from ingestion.contract import ENTITIES
from ingestion.declaration import SourceDeclaration, read_declaration
from ingestion.inspection import (
    Inspection,
    NotInspected,
    declaration_text,
    found_table,
    inspect_extracts,
)
from ingestion.inspection.vocabulary import concepts, vocabulary
from ingestion.loading import LoadReport, load_extracts
from ingestion.raw_zone import RawZone

NAMES = ["Anna", "Jürgen", "Zoë", "Peter", "Mia", "Øystein", "Lena", "Björn", "Ida", "Kurt"]
PLACES = ["Köln", "Ulm", "Gießen", "Münster", "Hof", "Aachen", "Bonn", "Trier", "Jena", "Kiel"]


class Folder:
    """A folder of extracts: what is proposed for it, and what comes of loading that."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.extracts = path / "extracts"
        self.extracts.mkdir()
        self.inspection: Inspection

    def write(self, name: str, lines: list[str], encoding: str = "utf-8") -> None:
        (self.extracts / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))

    def propose(self, name: str = "", **settings: Any) -> SourceDeclaration:
        self.inspection = inspect_extracts(self.extracts / name, **settings)
        file = self.path / "proposed.yml"
        file.write_text(declaration_text(self.inspection), encoding="utf-8")
        return read_declaration(file)

    def load(self, declaration: SourceDeclaration) -> LoadReport:
        report = load_extracts([declaration], self.extracts, RawZone(self.path / "raw"))
        assert not report.problems, report.problems
        return report

    def rows(self, declaration: SourceDeclaration, columns: str) -> list[tuple[Any, ...]]:
        (load,) = self.load(declaration).loaded
        files = [str(file) for file in RawZone(self.path / "raw").files_of([load])]
        return duckdb.sql(f"select {columns} from read_parquet({files}) order by 1").fetchall()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def mapped(declaration: SourceDeclaration) -> dict[str, dict[str, tuple[str, ...]]]:
    """Entity -> column -> columns of the extract, of what is read from the extract."""
    return {table.entity: {name: mapping.names for name, mapping in table.columns.items()
                           if mapping.names}
            for table in declaration.tables if table.files}


def german_customers() -> Iterator[str]:
    yield "Kundennr;Vorname;Nachname;Straße;Hausnr;PLZ;Ort;Geburtsdatum;E-Mail;Limit"
    for i, (name, place) in enumerate(zip(NAMES, PLACES, strict=True)):
        yield (f"K{i:04};{name};Müller{i};Gartenweg;{i + 1}a;0{1000 + i};{place};"
               f"{i + 10}.0{i % 9 + 1}.19{70 + i};kunde{i}@example.org;1.{100 + i},50")


def test_a_german_customer_file_is_understood_and_loads(folder: Folder) -> None:
    folder.write("kunden.csv", list(german_customers()), "windows-1252")
    declaration = folder.propose()
    (table,) = declaration.tables
    assert mapped(declaration) == {"crm.customers": {
        "first_name": ("Vorname",), "last_name": ("Nachname",), "street": ("Straße", "Hausnr"),
        "postal_code": ("PLZ",), "city": ("Ort",), "birth_date": ("Geburtsdatum",),
        "email": ("E-Mail",)}}
    assert (table.key, table.delimiter, table.encoding, table.decimal, table.thousands,
            table.date_format, table.time_zone) == (
        ("Kundennr",), ";", "windows-1252", ",", ".", ("%d.%m.%Y",), "Europe/Berlin")
    assert folder.rows(declaration, "source_record_ref, street, postal_code, birth_date")[1] == (
        "K0001", "Gartenweg 2a", "01001", date(1971, 2, 11))


def test_a_flat_file_of_lines_gives_orders_lines_and_products(folder: Folder) -> None:
    folder.write("sales.csv", [
        "receipt_no,sold_on_date,customer_id,sku,item_description,qty,unit_price",
        *(f"R{i // 2},2026-03-{i % 28 + 1:02} 10:{i:02}:00,C{i % 7},P{i % 5},Chair no {i % 5},"
          f"{i % 3 + 1},{i}.95" for i in range(40))])
    declaration = folder.propose()
    assert [(table.entity, table.key, table.repeats) for table in declaration.tables] == [
        ("pos.order_lines", (), False), ("pos.orders", ("receipt_no",), True),
        ("pos.products", ("sku",), True)]
    columns = mapped(declaration)
    assert columns["pos.order_lines"]["net_amount"] == ("qty", "unit_price")
    assert columns["pos.orders"]["customer_ref"] == ("customer_id",)
    assert columns["pos.products"] == {"name": ("item_description",)}
    assert {load.entity: load.rows_accepted for load in folder.load(declaration).loaded} == {
        "pos.order_lines": 40, "pos.orders": 20, "pos.products": 5}


def wide_survey(year: int, questions: list[str]) -> list[str]:
    return [f"respondent_id,{','.join(questions)},recommend,age,remarks", *(
        f"{i},{','.join(str((i + j) % 7) for j in range(len(questions)))},{i % 11},{i % 6},"
        f"I have waited for {i + year} minutes" for i in range(60))]


def test_a_wide_survey_is_unpivoted_and_codes_beside_the_scale_are_no_scores(
    folder: Folder,
) -> None:
    folder.write("survey_2025.csv", wide_survey(2025, ["q1", "q2", "q3", "q4"]))
    declaration = folder.propose()
    tables = {table.label: table for table in declaration.tables}
    scores = next(t for label, t in tables.items() if label.startswith("scores"))
    assert scores.unpivot and scores.unpivot.columns == ("q1", "q2", "q3", "q4")
    assert scores.columns["score"].null_values == ("0", "6")
    assert scores.columns["is_not_applicable"].map == {"6": "true", "*": "false"}
    assert {(r["ref"], r["question_type"]) for r in declaration.tables[0].records} == {
        *((f"q{i}", "rating") for i in (1, 2, 3, 4)), ("recommend", "nps"), ("remarks", "text")}
    assert tables["survey.responses"].key == ("file_year", "respondent_id")
    assert sum(load.rows_accepted for load in folder.load(declaration).loaded) == (
        6 + 60 + 4 * 60 + 60 + 60)


def test_years_with_other_questions_do_not_share_responses(folder: Folder) -> None:
    folder.write("survey_2024.csv", wide_survey(2024, ["q1", "q2", "q3"]))
    folder.write("survey_2025.csv", wide_survey(2025, ["q1", "q2", "q3", "q4"]))
    loads = folder.load(folder.propose()).loaded
    responses = [load for load in loads if load.entity == "survey.responses"]
    zone = RawZone(folder.path / "raw")
    files = [str(file) for file in zone.files_of(responses)]
    assert duckdb.sql(f"select count(distinct record_key) from read_parquet({files})"
                      ).fetchall() == [(120,)]


def test_a_price_without_a_quantity_is_the_amount_of_one_piece(folder: Folder) -> None:
    folder.write("order_items.csv", [
        "order_id,item_no,product_id,price", *(f"O{i // 2},{i % 2},P{i},{i}.5" for i in range(30))])
    declaration = folder.propose()
    (table,) = declaration.tables
    assert (table.entity, table.key) == ("pos.order_lines", ("order_id", "item_no"))
    assert table.columns["quantity"].value == "1"
    assert folder.rows(declaration, "sum(quantity), sum(net_amount)") == [(30, 450)]


def test_codes_of_the_contract_are_translated_and_others_stay(folder: Folder) -> None:
    states = ["Offen", "Erledigt", "Sonderfall"]
    folder.write("tickets.csv", [
        "ticket_id,created_at,status,via", *(
            f"T{i},2026-01-{i % 28 + 1:02}T08:00:00,{states[i % 3]},Telefon" for i in range(30))])
    (table,) = folder.propose().tables
    assert table.columns["status"].map == {"Offen": "open", "Erledigt": "resolved"}
    assert table.columns["channel"].map == {"Telefon": "phone"}


@pytest.mark.parametrize(("texts", "expected"), [
    (["03/14/2026", "04/02/2026"], ("%m/%d/%Y",)),
    (["14/03/2026", "02/04/2026"], ("%d/%m/%Y",)),
    (["14.3.26", "2.4.26"], ("%d.%m.%y",)),
    (["20260314", "20260402"], ("%Y%m%d",)),
    (["2026-03-14", "2026-04-02"], ()),
])
def test_dates_are_read_by_what_all_of_them_allow(
    folder: Folder, texts: list[str], expected: tuple[str, ...],
) -> None:
    folder.write("customers.csv", ["customer_id,last_name,birthday", *(
        f"{i},Name{chr(65 + i)},{texts[i % 2]}" for i in range(20))])
    declaration = folder.propose()
    assert declaration.tables[0].date_format == expected
    assert {row[0] for row in folder.rows(declaration, "birth_date")} == {
        date(2026, 3, 14), date(2026, 4, 2)}


def test_files_of_several_days_are_one_table_with_their_date(folder: Folder) -> None:
    for day in (1, 2, 3):
        folder.write(f"customers_2026-03-0{day}.csv", ["customer_id,last_name,email", *(
            f"{i},Name{i},n{i}@example.org" for i in range(8))])
    declaration = folder.propose()
    (table,) = declaration.tables
    assert table.files == "customers_[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].csv"
    loads = folder.load(declaration).loaded
    assert [load.extracted_on for load in loads] == [date(2026, 3, day) for day in (1, 2, 3)]


def orders(count: int) -> list[dict[str, Any]]:
    start = datetime(2026, 3, 1, 9)
    return [{"order_id": f"O{i}", "created_at": (start + timedelta(hours=i)).isoformat(" "),
             "total": i + 0.5, "customer": {"id": f"C{i % 4}"}} for i in range(count)]


def as_csv(records: list[dict[str, Any]]) -> str:
    return "order_id;created_at;total;customer_id\n" + "".join(
        f"{r['order_id']};{r['created_at']};{r['total']};{r['customer']['id']}\n" for r in records)


@pytest.mark.parametrize(("name", "content", "settings"), [
    ("orders.csv", as_csv(orders(20)).encode("utf-16"), {"encoding": "utf-16", "delimiter": ";"}),
    ("orders.csv", b"\xef\xbb\xbf" + as_csv(orders(20)).encode(), {"encoding": "utf-8"}),
    ("orders.csv.gz", gzip.compress(as_csv(orders(20)).encode(), mtime=0), {"delimiter": ";"}),
    ("orders.csv", b"Report of March\n\n" + as_csv(orders(20)).encode(), {"skip_first": 2}),
    ("orders.jsonl", "".join(json.dumps(r) + "\n" for r in orders(20)).encode(),
     {"format": "jsonl"}),
    ("orders.json", json.dumps(orders(20)).encode(), {"format": "json", "record_path": ""}),
    ("orders.json",
     json.dumps({"paging": {"next": None}, "result": {"orders": orders(20)}}).encode(),
     {"format": "json", "record_path": "result.orders"}),
    ("orders.xlsx", workbook({"Orders": [
        ["order_id", "created_at", "total", "customer_id"],
        *([r["order_id"], datetime.fromisoformat(r["created_at"]), r["total"], r["customer"]["id"]]
          for r in orders(20))], "Empty": []}), {"format": "excel"}),
])
def test_every_format_is_recognised_by_its_content(
    folder: Folder, name: str, content: bytes, settings: dict[str, Any],
) -> None:
    (folder.extracts / name).write_bytes(content)
    declaration = folder.propose()
    (table,) = declaration.tables
    assert {setting: getattr(table, setting) for setting in settings} == settings
    assert (table.entity, table.key) == ("pos.orders", ("order_id",))
    assert table.columns["customer_ref"].names in (("customer_id",), ("customer.id",))
    assert folder.rows(declaration, "count(*), max(ordered_at), sum(net_amount)") == [
        (20, datetime(2026, 3, 2, 4), 200)]


def test_a_file_without_header_is_told_without_its_first_line(folder: Folder) -> None:
    folder.write("people.csv", [f"{i};Name{i};n{i}@example.org;1970-01-{i + 10}" for i in range(9)])
    declaration = folder.propose(entity="crm.customers")
    assert declaration.tables[0].column_names == tuple(f"column_{i}" for i in range(1, 5))
    shown = declaration_text(folder.inspection) + "\n".join(found_table(folder.inspection))
    assert "example.org" not in shown and "Name0" not in shown
    assert len(folder.rows(declaration, "email")) == 9


def test_nothing_that_is_shown_holds_a_value_of_a_person(folder: Folder) -> None:
    folder.write("kunden.csv", list(german_customers()), "windows-1252")
    folder.propose()
    shown = declaration_text(folder.inspection) + "\n".join(found_table(folder.inspection))
    values = {value for line in list(german_customers())[1:] for value in line.split(";")
              if len(value) > 3}
    assert not [value for value in values if value in shown]
    assert "aaaaa9@aaaaaaa.aaa" in shown  # the form of an address


def test_quotes_in_texts_are_no_quoting(folder: Folder) -> None:
    folder.write("posts.tsv", ["post_id\tposted_at\ttext", *(
        f'{i}\t2026-03-01 10:00:00\t"Nice" said nobody, and number {i} agreed'
        for i in range(30))])
    declaration = folder.propose()
    assert declaration.tables[0].quote == ""
    assert folder.rows(declaration, "text")[0] == ('"Nice" said nobody, and number 0 agreed',)


def test_texts_with_a_few_numbers_are_rated_posts_with_a_few_reasons_requests(
    folder: Folder,
) -> None:
    said = [f"Das hat mir beim {i}. Besuch in der Filiale leider gar nicht gefallen"
            for i in range(120)]
    folder.write("rated.txt", [f"{text}\t{i % 5 + 1}" for i, text in enumerate(said)])
    folder.write("requests.csv", ["text,category",
                                  *(f"{text},grund_{i % 6}" for i, text in enumerate(said))])
    assert mapped(folder.propose("rated.txt")) == {
        "social.posts": {"text": ("column_1",), "rating": ("column_2",)}}
    assert mapped(folder.propose("requests.csv")) == {
        "crm.cases": {"subject": ("text",), "reason": ("category",)}}


def test_lines_without_their_last_column_load_where_quotes_are_letters(folder: Folder) -> None:
    lines = [f'https://forum.example/{i}\tSie sagten "gleich" und kamen {i} Minuten zu spät'
             + ("\tÄrger" if i % 3 else "") for i in range(60)]
    folder.write("posts.tsv", lines)
    declaration = folder.propose("posts.tsv")
    (table,) = declaration.tables
    assert table.key == ("column_1",)
    assert table.columns["thread_ref"].names == ("column_1",)
    (load,) = folder.load(declaration).loaded
    assert (load.rows_accepted, load.rows_rejected) == (60, 0)


def test_short_lines_of_a_file_with_quoting_are_told_of_and_rejected(folder: Folder) -> None:
    folder.write("posts.csv", [f'"Sie kamen, wie immer, {i} Minuten zu spät",{i}'
                               + (",Ärger" if i % 3 else "") for i in range(60)])
    declaration = folder.propose("posts.csv")
    assert any("fewer columns" in line for line in found_table(folder.inspection))
    (load,) = folder.load(declaration).loaded
    assert (load.rows_accepted, load.rows_rejected) == (40, 20)


def test_a_quoted_delimiter_is_quoting_however_rare(folder: Folder) -> None:
    folder.write("sellers.csv", ["seller_id,seller_city,seller_zip", *(
        f"S{i},Kiel,2410{i % 9}" for i in range(200)), 'S999,"Kiel, Holstein",24109'])
    declaration = folder.propose()
    assert declaration.tables[0].quote == '"'
    assert len(folder.rows(declaration, "city")) == 201


def test_what_the_contract_requires_and_nothing_fills_is_marked_to_be_corrected(
    folder: Folder,
) -> None:
    folder.write("reviews.csv", ["review_id,review_text", *(
        f"{i},This is what I think of number {i}" for i in range(20))])
    declaration = folder.propose()
    (line,) = [line for line in declaration_text(folder.inspection).splitlines()
               if "posted_at" in line]
    assert "CORRECT THIS" in line
    assert len(folder.rows(declaration, "posted_at")) == 20


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("empty.csv", b"", "file is empty"),
    ("only.csv", b"customer_id,last_name\n", "a header without rows"),
    ("numbers.csv", b"alpha,beta\n1.5,2.5\n2.5,3.5\n1.5,4.5\n", "force one with --entity"),
    ("broken.json", b'{"a": [1, 2', "neither a JSON document nor JSON Lines"),
])
def test_what_cannot_be_proposed_ends_with_a_sentence(
    folder: Folder, name: str, content: bytes, sentence: str,
) -> None:
    (folder.extracts / name).write_bytes(content)
    with pytest.raises(NotInspected, match=sentence):
        folder.propose()


@pytest.mark.parametrize(("name", "said"), [
    ("KundenNr", ("customer", "id")), ("customer_no", ("customer", "id")),
    ("Rechnungsdatum", ("order", "date")), ("GeaendertAm", ("updated", "date")),
    ("E-Mail", ("email",)), ("Q18AGE", ("age",)), ("WartezeitSek", ("waiting", "?sek")),
])
def test_names_are_taken_apart_into_what_they_speak_of(name: str, said: tuple[str, ...]) -> None:
    assert concepts(name) == said


def test_the_vocabulary_speaks_of_columns_that_the_contract_has() -> None:
    for name in vocabulary().columns:
        entity, _, column = name.rpartition("/")
        owners = [ENTITIES[entity]] if entity else list(ENTITIES.values())
        assert any(column == c.name for owner in owners for c in owner.columns), name
    assert set(vocabulary().subjects) == set(ENTITIES)
    assert set(vocabulary().defining) <= set(ENTITIES)
