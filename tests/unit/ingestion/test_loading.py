"""Every row of every extract ends up accepted, rejected with its reason, or repeated."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contract import ENTITIES
from ingestion.declaration import read_declarations
from ingestion.loading import LoadReport, load_extracts
from ingestion.raw_zone import Load, RawZone

ORDERS = """
source: till
time_zone: Europe/Berlin
currency: EUR
file_defaults:
  {delimiter: ";", decimal: ",", thousands: ".", timestamp_format: "%d.%m.%Y %H:%M:%S",
   date_format: "%d.%m.%Y"}
tables:
  - entity: pos.orders
    files: "orders*.csv"
    key: Nr
    columns:
      ordered_at: [Datum, Zeit]
      net_amount: Betrag
      customer_ref: {from: Kunde, system: crm}
      channel: {from: Kanal, map: {F: store, W: web}}
"""
HEADER = "Nr;Datum;Betrag;Kunde;Kanal\n"
CUSTOMERS = """
source: till
file_defaults: {delimiter: ";", date_format: "%d.%m.%Y"}
tables:
  - entity: crm.customers
    files: "customers*.csv"
    key: Nr
    extracted_on: 'customers_(\\d{4}-\\d{2}-\\d{2})'
    columns: {last_name: Name, birth_date: Geburtstag, created_at: Seit}
"""


class Place:
    """A folder of extracts, its declaration, and the raw zone they go to."""

    def __init__(self, folder: Path) -> None:
        self.extracts = folder / "extracts"
        self.sources = folder / "sources"
        self.extracts.mkdir()
        self.sources.mkdir()
        self.zone = RawZone(folder / "raw")

    def declare(self, text: str) -> None:
        (self.sources / "till.yml").write_text(text, encoding="utf-8")

    def write(self, name: str, content: str, encoding: str = "utf-8") -> None:
        (self.extracts / name).write_bytes(content.encode(encoding))

    def load(self) -> LoadReport:
        return load_extracts(read_declarations(self.sources), self.extracts, self.zone)

    def admit_all(self) -> None:
        self.zone.set_states({load.load_id: ("admitted", "") for load in self.zone.loads()})

    def rows(self, columns: str, load: Load) -> list[tuple[Any, ...]]:
        files = [str(path) for path in self.zone.files_of([load])]
        return duckdb.sql(f"select {columns} from read_parquet({files}) order by 1").fetchall()

    def emptied(self, load: Load) -> list[tuple[Any, ...]]:
        folder = self.zone.emptied_of(load)
        return duckdb.sql(f"select * from read_parquet('{folder}/*')"
                          ).fetchall() if folder.exists() else []

    def rejects(self, load: Load) -> list[tuple[Any, ...]]:
        folder = self.zone.rejects_of(load)
        return duckdb.sql(f"select source_row, reason, record from read_parquet('{folder}/*')"
                          " order by 1").fetchall() if folder.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.declare(ORDERS)
    return place


def only(report: LoadReport) -> Load:
    assert not report.problems
    (load,) = report.loaded
    assert load.rows_read == load.rows_accepted + load.rows_rejected + load.rows_repeated
    return load


def test_german_text_becomes_canonical_values(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1.234,50;K1;F\n"
                                       "2;03.01.2025 10:30:00;-7;;App\n")
    load = only(place.load())
    assert place.rows("source_record_ref, ordered_at, net_amount, currency, channel", load) == [
        ("1", datetime(2025, 7, 3, 8, 30), Decimal("1234.5000"), "EUR", "store"),
        ("2", datetime(2025, 1, 3, 9, 30), Decimal("-7.0000"), "EUR", "App"),
    ]


def test_keys_are_hashes_of_entity_system_and_reference(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    load = only(place.load())
    assert place.rows("record_key, customer_key, account_key", load) == [(
        hashlib.md5(b"pos.orders|till|1").hexdigest(),
        hashlib.md5(b"crm.customers|crm|K1").hexdigest(), None)]


@pytest.mark.parametrize(("row", "reason"), [
    ("3;31.02.2025 10:00:00;1;K;F", "column ordered_at: not a point in time"),
    ("3;03.07.2025 10:00:00;12.5;K;F", "column net_amount: not a number"),
    ("3;03.07.2025 10:00:00;abc;K;F", "column net_amount: not a number"),
    ("3;;1;K;F", "column ordered_at: empty, but required"),
    (";03.07.2025 10:00:00;1;K;F", "key column Nr: empty"),
    ("3;03.07.1025 10:00:00;1;K;F", "column ordered_at: value out of range"),
    ("3;03.07.2025 10:00:00;1", "line not readable: missing columns"),
    ("3;03.07.2025 10:00:00;1;K;F;G", "line not readable: too many columns"),
])
def test_a_bad_row_is_kept_with_its_reason_and_the_rest_loads(
    place: Place, row: str, reason: str,
) -> None:
    place.write("orders.csv", f"{HEADER}1;03.07.2025 10:30:00;1;K1;F\n{row}\n"
                              "2;03.07.2025 10:30:00;1;K1;F\n")
    load = only(place.load())
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (3, 2, 1)
    ((_, found, record),) = place.rejects(load)
    assert found == reason
    assert row.split(";")[1] in record


@pytest.mark.parametrize(("written", "read", "reason"), [
    ("29.02.1980", date(1980, 2, 29), None),
    ("01.01.1000", date(1000, 1, 1), None),
    ("12.03.1624", date(1624, 3, 12), None),
    ("02.07.2025", date(2025, 7, 2), None),
    ("", None, None),
    ("31.02.1980", None, "column birth_date: not a date"),
    ("1624", None, "column birth_date: not a date"),
    ("31.12.0999", None, "column birth_date: value out of range"),
    ("04.07.2025", None, "column birth_date: value out of range"),
])
def test_a_birth_date_that_cannot_be_used_does_not_cost_the_row(
    place: Place, written: str, read: date | None, reason: str | None,
) -> None:
    place.declare(CUSTOMERS)
    place.write("customers_2025-07-01.csv", "Nr;Name;Geburtstag;Seit;Notiz\n"
                f"1;Roth;{written};;\n2;Beck;{written};;neu\n3;Horn;{written};gestern;\n")
    report = place.load()
    load = only(report)
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (3, 2, 1)
    kept = f'"birth_date":"{written}"'
    assert place.rows("source_record_ref, birth_date, source_metadata", load) == [
        ("1", read, f"{{{kept}}}" if reason else None),
        ("2", read, f'{{"Notiz":"neu",{kept}}}' if reason else '{"Notiz":"neu"}')]
    assert [why for _, why, _ in place.rejects(load)] == ["column created_at: not a point in time"]
    assert place.emptied(load) == ([
        (load.load_id, row, "birth_date", reason) for row in (1, 2)] if reason else [])
    assert [warning.message for warning in report.warnings] == ([
        f"customers_2025-07-01.csv: {reason} in 2 rows, which are kept without the value "
        "(row 1, 2)"] if reason else [])
    assert place.zone.problems() == ()


def test_what_an_empty_birth_date_said_writes_over_nothing(place: Place) -> None:
    place.declare(CUSTOMERS)
    place.write("customers_2025-07-01.csv",
                "Nr;Name;Geburtstag;Seit;birth_date;leer\n1;Roth;x;;y;\n")
    assert place.rows("source_metadata", only(place.load())) == [
        ('{"birth_date":"y","leer":null,"birth_date (delivered)":"x"}',)]


def test_only_columns_that_describe_are_lenient() -> None:
    """An empty key, reference or required column would be a fault of its own."""
    for entity in ENTITIES.values():
        for column in entity.columns:
            if column.lenient:
                assert not (column.required or column.references
                            or column.name == entity.event_time)


def test_of_rows_with_one_key_the_last_counts(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n"
                                       "1;03.07.2025 10:30:00;2;K1;F\n")
    load = only(place.load())
    assert place.rows("net_amount", load) == [(Decimal("2.0000"),)]
    ((row, reason, _),) = place.rejects(load)
    assert (row, reason) == (1, "duplicate key: row 2 of the same extract counts")


def test_repeats_make_one_record_of_several_rows(place: Place) -> None:
    place.declare(ORDERS.replace("key: Nr", "key: Nr\n    repeats: true"))
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n" * 3)
    load = only(place.load())
    assert (load.rows_accepted, load.rows_rejected, load.rows_repeated) == (1, 0, 2)


@pytest.mark.parametrize(("written", "read"), [
    ("2025-07-03 10:00:00", datetime(2025, 7, 3, 8)),
    ("2025-07-03T10:00:00Z", datetime(2025, 7, 3, 10)),
    ("2025-07-03 10:00:00+05:30", datetime(2025, 7, 3, 4, 30)),
    ("2025-07-03 10:00:00 -0800", datetime(2025, 7, 3, 18)),
    ("2025-07-03", datetime(2025, 7, 2, 22)),
])
def test_a_time_with_an_offset_speaks_for_itself(
    place: Place, written: str, read: datetime,
) -> None:
    place.declare(ORDERS.replace('timestamp_format: "%d.%m.%Y %H:%M:%S",', "").replace(
        'date_format: "%d.%m.%Y"', ""))
    place.write("orders.csv", f"{HEADER}1;{written};1;K1;F\n")
    assert place.rows("ordered_at", only(place.load())) == [(read,)]


@pytest.mark.parametrize(("written", "read"), [
    (",5", ".5"), ("-,5", "-.5"), ("5,", "5"), ("+1.234,5", "1234.5"), ("1,5e2", "150"),
    (",", None), ("-", None), (".5", None), ("1_000", None), ("12.34,5", None), ("5,-", None),
])
def test_a_number_is_one_in_the_declared_notation(
    place: Place, written: str, read: str | None,
) -> None:
    place.write("orders.csv", f"{HEADER}1;03.07.2025 10:00:00;{written};K1;F\n")
    load = only(place.load())
    if read:
        assert place.rows("net_amount", load) == [(Decimal(read),)]
    assert [why for _, why, _ in place.rejects(load)] == (
        [] if read else ["column net_amount: not a number"])


def test_parts_products_and_other_values(place: Place) -> None:
    place.declare("""
source: till
tables:
  - entity: pos.order_lines
    files: lines.csv
    key: [nr, "=x"]
    columns:
      order_ref: {parts: [shop, "=-", nr]}
      quantity: n
      net_amount: {product: [n, price]}
      is_return: {from: n, map: {"-2": true, "*": false}}
""")
    place.write("lines.csv", "shop,nr,n,price\nA,1,-2,1.25\nA,2,3,\nA,3,3,x\nA,4,3,2\n")
    load = only(place.load())
    assert place.rows("source_record_ref, order_ref, net_amount, is_return", load) == [
        ("1|x", "A|-|1", Decimal("-2.5000"), True), ("4|x", "A|-|4", Decimal("6.0000"), False)]
    assert [reason for _, reason, _ in place.rejects(load)] == [
        "column net_amount: empty, but required", "column net_amount: not a number"]


def test_words_are_written_one_after_the_other(place: Place) -> None:
    place.declare(CUSTOMERS.replace("last_name: Name",
                                    "street: {words: [Straße, Nr, Zusatz], null_values: ['-']}"))
    place.write("customers_2025-07-01.csv", "Nr;Straße;Geburtstag;Seit\n7;Am Hang;;\n8;-;;\n")
    report = place.load()
    assert place.rows("street, source_metadata", only(report)) == [("8", None), ("Am Hang 7", None)]
    assert [warning.message for warning in report.warnings] == [
        "customers_2025-07-01.csv: column Zusatz is missing, street is written without it"]


def test_unpivot_makes_a_row_of_each_column_and_names_the_record(place: Place) -> None:
    place.declare("""
source: survey
tables:
  - entity: survey.answers
    files: wide.csv
    unpivot: {columns: [Q1, Q2]}
    key: [id, question]
    columns: {response_ref: id, question_ref: question, score: {from: answer, null_values: ["0"]}}
""".replace("source: survey", "source: till"))
    place.write("wide.csv", "id,Q1,Q2,age\nr1,5,0,30\nr2,x,3,40\n")
    load = only(place.load())
    assert place.rows("source_record_ref, score, source_metadata", load) == [
        ("r1|Q1", 5.0, '{"age":"30"}'), ("r1|Q2", None, '{"age":"30"}'),
        ("r2|Q2", 3.0, '{"age":"40"}')]
    ((row, reason, _),) = place.rejects(load)
    assert (row, reason) == (2, "column score: not a number")
    place.write("wide2.csv", "id,Q1,age\nr1,5,30\n")
    place.declare((place.sources / "till.yml").read_text().replace("wide.csv", "wide2.csv"))
    (problem,) = place.load().problems
    assert problem.message.startswith("wide2.csv: column Q2 of `unpivot` is missing")


WAVES = r"""
source: till
tables:
  - entity: survey.answers
    files: "wave_*.csv"
    from_file_name: {year: 'wave_(\d{4})'}
    unpivot: {columns: {wifi: [Q1, Q7_WIFI], shops: Q2}}
    key: [year, id, question]
    columns: {response_ref: {parts: [year, id]}, question_ref: question, score: answer}
"""


def test_one_declaration_reads_waves_with_other_column_names(place: Place) -> None:
    """One respondent number in two years is two records; the first name with a value counts."""
    place.declare(WAVES)
    place.write("wave_2013.csv", "id,Q7_WIFI,Q2\n1,5,3\n")
    place.write("wave_2014.csv", "id,Q1,Q2,age\n1,4,2,30\n")
    place.write("wave_2015.csv", "id,Q1,Q7_WIFI,Q2\n1,,2,1\n2,3,1,1\n")
    report = place.load()
    (warning,) = report.warnings
    assert not report.problems and "wave_2014.csv: column age is new" in warning.message
    rows = [row for load in sorted(report.loaded, key=lambda load: load.file)
            for row in place.rows("source_record_ref, response_ref, score, source_metadata", load)]
    assert rows == [
        ("2013|1|shops", "2013|1", 3.0, None), ("2013|1|wifi", "2013|1", 5.0, None),
        ("2014|1|shops", "2014|1", 2.0, '{"age":"30"}'),
        ("2014|1|wifi", "2014|1", 4.0, '{"age":"30"}'),
        ("2015|1|shops", "2015|1", 1.0, None), ("2015|1|wifi", "2015|1", 2.0, None),
        ("2015|2|shops", "2015|2", 1.0, None), ("2015|2|wifi", "2015|2", 3.0, None)]


def test_a_wave_without_one_of_the_questions_names_it(place: Place) -> None:
    place.declare(WAVES)
    place.write("wave_2016.csv", "id,Q1_WIFI,Q2\n1,5,3\n")
    place.write("wave_of_may.csv", "id,Q1,Q2\n1,5,3\n")
    place.write("wave_2017.csv", "id,Q1,Q2,year\n1,5,3,2017\n")
    report = place.load()
    assert not report.loaded
    assert sorted(problem.message for problem in report.problems) == [
        "wave_2016.csv: column Q1 / Q7_WIFI of `unpivot` is missing; the file has Q1_WIFI, Q2, id, "
        "year",
        "wave_2017.csv: column year is in the file as well as in `from_file_name`; give the latter "
        "another name",
        "wave_of_may.csv: `from_file_name` finds no year in the file name; correct it in the "
        "declaration of table survey.answers"]


def test_the_same_content_under_two_names_is_two_loads_where_the_name_counts(place: Place) -> None:
    place.declare(WAVES)
    for year in (2013, 2014):
        place.write(f"wave_{year}.csv", "id,Q1,Q2\n1,5,3\n")
    assert {load.file for load in place.load().loaded} == {"wave_2013.csv", "wave_2014.csv"}
    assert not place.load().loaded


def test_whole_numbers_of_parquet_stay_whole_beside_a_value_of_the_file_name(place: Place) -> None:
    place.declare(
        WAVES.replace("files: ", "format: parquet\n    files: ").replace("csv", "parquet"))
    duckdb.sql("select 1.0::double as id, 5.0::double as Q1, 3.0::double as Q2").write_parquet(
        str(place.extracts / "wave_2013.parquet"))
    assert place.rows("source_record_ref, score", only(place.load())) == [
        ("2013|1|shops", 3.0), ("2013|1|wifi", 5.0)]


@pytest.mark.parametrize(("duplicates", "accepted"), [("keep", 3), ("reject", 2)])
def test_without_a_key_equal_rows_are_counted_or_rejected(
    place: Place, duplicates: str, accepted: int,
) -> None:
    place.declare(ORDERS.replace("key: Nr", f"duplicates: {duplicates}"))
    row = "1;03.07.2025 10:30:00;1;K1;F\n"
    place.write("orders.csv", HEADER + row + row + row.replace("K1", "K2"))
    load = only(place.load())
    assert load.rows_accepted == accepted
    assert len(set(place.rows("record_key", load))) == accepted


def test_columns_outside_the_contract_ride_along(place: Place) -> None:
    place.write("orders.csv", HEADER.strip() + ";Kasse;file\n"
                + "1;03.07.2025 10:30:00;1;K1;F;7;\n2;03.07.2025 10:30:00;1;K1;F;;\n")
    load = only(place.load())
    assert place.rows("source_record_ref, source_metadata", load) == [
        ("1", '{"Kasse":"7","file":null}'), ("2", None)]


def test_windows_1252_and_quoted_line_breaks(place: Place) -> None:
    place.declare(ORDERS.replace("file_defaults:\n  {", "file_defaults:\n  {encoding: cp1252, "))
    place.write("orders.csv", HEADER + '1;03.07.2025 10:30:00;1;"Mü\nller";F\n', "cp1252")
    load = only(place.load())
    assert place.rows("customer_ref", load) == [("Mü\nller",)]


def test_loading_the_same_content_again_changes_nothing(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    only(place.load())
    before = place.zone.manifest_path.read_bytes()
    place.write("orders_copy.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    report = place.load()
    assert (report.loaded, report.known_count) == ((), 2)
    assert place.zone.manifest_path.read_bytes() == before


def test_a_changed_declaration_replaces_the_load_and_keeps_its_sequence(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    first = only(place.load())
    place.declare(ORDERS.replace("W: web", "W: app"))
    second = only(place.load())
    assert second.load_id != first.load_id
    assert second.load_sequence == first.load_sequence
    assert {load.load_id: load.state for load in place.zone.loads()} == {
        first.load_id: "superseded", second.load_id: "staged"}


def test_json_lines_nested_values_and_broken_lines(place: Place) -> None:
    place.declare("""
source: tool
tables:
  - entity: social.posts
    files: posts.jsonl
    format: jsonl
    key: id
    columns: {posted_at: when.created, text: body, likes_count: likes}
""")
    place.write("posts.jsonl",
                '{"id": 1, "when": {"created": "2025-07-03T10:30:00+02:00", "by": "x"}, '
                '"body": "schön", "likes": 3}\n{broken\n')
    load = only(place.load())
    assert place.rows("posted_at, text, likes_count, source_metadata", load) == [
        (datetime(2025, 7, 3, 8, 30), "schön", 3, '{"when":{"by":"x"}}')]
    ((row, reason, record),) = place.rejects(load)
    assert (row, reason, record) == (2, "line not readable: not a JSON object", "{broken")


def test_parquet_keeps_its_own_types(place: Place) -> None:
    place.declare("""
source: web
file_defaults: {format: parquet, decimal: ","}
tables:
  - entity: digital.ad_spend
    files: spend.parquet
    key: [campaign, day]
    columns: {campaign_ref: campaign, spend_date: day, cost_amount: cost, clicks_count: clicks}
""")
    duckdb.sql("select 'C1' as campaign, date '2025-07-03' as day, 12.5::double as cost, "
               "7 as clicks").write_parquet(str(place.extracts / "spend.parquet"))
    load = only(place.load())
    assert place.rows("spend_date, cost_amount, clicks_count", load) == [
        (date(2025, 7, 3), Decimal("12.5000"), 7)]


@pytest.mark.parametrize(("content", "encoding", "sentence"), [
    (None, "utf-8", "orders*.csv: file not found"),
    ("", "utf-8", "orders_1.csv: file is empty"),
    ("Nr;Datüm\n", "cp1252", "orders_1.csv: header is not utf-8; set `encoding`"),
    ("Nr;Nr\n1;2\n", "utf-8", "orders_1.csv: columns 1, 2 of the header do not"),
    (HEADER.replace(";", ",") + "1,2,3,4,5\n", "utf-8", "orders_1.csv: column Nr, Datum, Zeit is "),
    ("Nr;Betrag\n1;2\n", "utf-8", "orders_1.csv: column Datum, Zeit is missing; the file has"),
])
def test_an_unreadable_extract_is_named_with_a_remedy_and_changes_nothing(
    place: Place, content: str | None, encoding: str, sentence: str,
) -> None:
    if content is not None:
        place.write("orders_1.csv", content, encoding)
    report = place.load()
    assert report.loaded == ()
    assert [problem.message[:len(sentence)] for problem in report.problems] == [sentence]
    assert place.zone.loads() == ()


@pytest.mark.parametrize("content", [
    "Erika;Mustermann;erika@example.org\n1;2;3\n",
    "Erika;Erika;erika@example.org\n",
    "Erika,Mustermann,erika@example.org\n",
])
def test_a_file_without_header_is_told_without_its_first_line(place: Place, content: str) -> None:
    place.write("orders_1.csv", content)
    (problem,) = place.load().problems
    assert "header" in problem.message
    assert not re.search("erika|muster", problem.message, re.IGNORECASE)


def test_a_bad_file_does_not_harm_its_neighbour(place: Place) -> None:
    place.write("orders_1.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    place.write("orders_2.csv", "")
    report = place.load()
    assert [load.file for load in report.loaded] == ["orders_1.csv"]
    assert len(report.problems) == 1


def test_the_zone_knows_what_the_last_call_could_not_load(place: Place) -> None:
    place.write("orders_1.csv", "")
    place.load()
    (problem,) = place.zone.problems()
    assert [problem[name] for name in ("source_system", "label", "entity", "file")] == [
        "till", "pos.orders", "pos.orders", "orders_1.csv"]
    place.write("orders_1.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    place.load()
    assert place.zone.problems() == ()


def test_a_missing_optional_column_is_a_warning(place: Place) -> None:
    place.write("orders.csv", "Nr;Datum;Kunde;Kanal\n1;03.07.2025 10:30:00;K1;F\n")
    report = place.load()
    assert only(report).rows_accepted == 1
    assert [w.message for w in report.warnings] == [
        "orders.csv: column Betrag is missing, net_amount stays empty"]


def test_what_a_killed_load_left_behind_is_not_seen(place: Place) -> None:
    place.write("orders.csv", HEADER + "1;03.07.2025 10:30:00;1;K1;F\n")
    first = only(place.load())
    place.zone.manifest_path.unlink()  # killed before the manifest named the load
    (place.zone.incoming).mkdir()
    (place.zone.incoming / "half.parquet").write_bytes(b"PAR1")
    again = only(place.load())
    assert again == first
    assert not place.zone.incoming.exists()


def test_many_daily_files_are_numbered_by_their_declared_date(place: Place) -> None:
    place.declare(ORDERS.replace(
        "key: Nr", "key: Nr\n    extracted_on: 'orders_(\\d{4}-\\d{2}-\\d{2})'"))
    for day in (3, 1, 2):
        place.write(f"orders_2025-07-0{day}.csv", f"{HEADER}1;0{day}.07.2025 10:00:00;1;K;F\n")
    report = place.load()
    assert [(load.load_sequence, load.extracted_on) for load in sorted(
        report.loaded, key=lambda load: load.load_sequence)] == [
        (1, date(2025, 7, 1)), (2, date(2025, 7, 2)), (3, date(2025, 7, 3))]
    place.write("orders_2025-07-04.csv", f"{HEADER}2;14.07.2025 10:00:00;1;K;F\n")
    (late,) = place.load().loaded
    assert place.rejects(late)[0][1] == "column ordered_at: value out of range"


def test_every_entity_has_a_typed_file_without_rows(place: Place) -> None:
    place.zone.prepare()
    for entity in ENTITIES.values():
        file = place.zone.path / "_empty" / f"{entity.table}.parquet"
        described = duckdb.sql(f"select * from '{file}'").columns
        assert described == [column.name for column in entity.raw_columns]


SAMPLES = {"string": "x", "integer": "1", "decimal": "1.5", "double": "0.5", "boolean": "true",
           "timestamp": "2025-07-03 10:00:00", "date": "2025-07-03"}


@pytest.mark.parametrize("name", ENTITIES)
def test_every_column_of_every_entity_can_be_filled(place: Place, name: str) -> None:
    columns = ENTITIES[name].columns
    mapping = "".join(f"      {column.name}: {column.name}\n" for column in columns)
    place.declare("source: till\ntables:\n"
                  f"  - entity: {name}\n    files: rows.csv\n    key: id\n"
                  f"    columns:\n{mapping}")
    place.write("rows.csv", ",".join(["id", *(column.name for column in columns)]) + "\n"
                + ",".join(["1", *(SAMPLES[column.type] for column in columns)]) + "\n")
    load = only(place.load())
    assert place.rejects(load) == []
    ((*values,),) = place.rows(", ".join(column.name for column in columns), load)
    assert None not in values
