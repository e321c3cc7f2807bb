"""Expressions that are written for speed give what the plain ones give."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import pytest

from ingestion.readers.extract import identifier, trimmed
from tests.unit.ingestion.places import Shop

BLANKS = ["", " ", "  ", "\u00a0", "\u1680", "\u2009", "\u3000", " \u00a0", "\t", "\n", "\x00",
          "\ufeff"]
CORES = ["", "a", "!", "a b", "ä", "a\u00a0b", "日本", "\x1f", "\"", "😀", "0"]


@pytest.mark.parametrize("name", ["plain", 'Umsatz "brutto" (EUR)'])
def test_text_without_its_blanks_is_the_engines(name: str) -> None:
    texts = [before + core + after for before, core, after in product(BLANKS, CORES, BLANKS)]
    column = f"extract.{identifier(name)}"
    assert trimmed(column) != f"trim({column})"
    con = duckdb.connect()
    con.execute(f"create table extract as select unnest($1) as {identifier(name)}",
                [[*texts, None]])
    compared = f"({trimmed(column)}) is distinct from trim({column})"
    assert con.execute(f"select count(*), count_if({compared}) from extract").fetchall() == [
        (len(texts) + 1, 0)]


def test_blanks_around_values_do_not_count(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', delimiter: ';'")
    shop.write("orders.csv", (
        "Nr;Datum;Betrag;Kunde\n 1 ;2025-07-03 10:30;12.5 ;\u00a0Müller\u00a0\n"
        "2;\u20092025-07-04;-7; Groß \n").encode())
    assert shop.rows("source_record_ref, customer_ref", shop.only()) == [
        ("1", "Müller"), ("2", "Groß")]


@pytest.mark.parametrize("formats", ['["%d.%m.%Y", "%d.%m.%y"]', '["%d.%m.%y", "%d.%m.%Y"]'])
def test_years_of_two_and_of_four_digits_in_one_column(tmp_path: Path, formats: str) -> None:
    shop = Shop(tmp_path)
    shop.declare(f"files: 'o*', delimiter: ';', date_format: {formats}")
    shop.write("orders.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.25;1;a\n2;03.07.2025;1;a\n")
    assert shop.rows("source_record_ref, ordered_at", shop.only()) == [
        ("1", datetime(2025, 7, 3)), ("2", datetime(2025, 7, 3))]


@pytest.mark.parametrize("dated", ["", r"extracted_on: '(\d{4}-\d\d-\d\d)',"])
@pytest.mark.parametrize("formats", ['"%d.%m.%y"', '["%d.%m.%Y", "%d.%m.%y"]'])
def test_a_birth_date_of_two_digits_lies_before_its_extract(
    tmp_path: Path, formats: str, dated: str,
) -> None:
    shop = Shop(tmp_path)
    shop.declare(f"files: 'o*', delimiter: ';', date_format: {formats}")
    (shop.sources / "shop.yml").write_text(f"""
source: shop
tables:
  - {{entity: crm.customers, files: "k*", delimiter: ";", key: Nr, date_format: {formats},
     {dated} columns: {{birth_date: Geburt}}}}
""", encoding="utf-8")
    shop.write("k_2025-07-01.csv", b"Nr;Geburt\n1;03.07.45\n2;29.02.68\n3;01.07.25\n4;01.01.80\n")
    assert shop.rows("source_record_ref, birth_date", shop.only()) == [
        ("1", date(1945, 7, 3)), ("2", date(1968, 2, 29)), ("3", date(2025, 7, 1)),
        ("4", date(1980, 1, 1))]


def amounts(folder: Path, settings: str, *written: str) -> list[Decimal | None]:
    """What is read from each of the texts; none where it is rejected as no number."""
    shop = Shop(folder)
    shop.declare(f"files: 'o*', delimiter: ';', {settings}")
    file = shop.sources / "shop.yml"
    file.write_text("currency: EUR\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    shop.write("orders.csv", "\n".join(["Nr;Datum;Betrag;Kunde", *(
        f"{i};2025-01-01;{text};k" for i, text in enumerate(written))]).encode())
    load = shop.only()
    assert {reason for _, reason, _ in shop.rejects(load)} <= {"column net_amount: not a number"}
    read = dict(shop.rows("cast(source_record_ref as integer), net_amount", load))
    return [read.get(i) for i in range(len(written))]


def test_amounts_as_german_systems_write_them(tmp_path: Path) -> None:
    assert amounts(tmp_path, "decimal: ',', thousands: '.'", "1.234,56 €", "€ 12,50",
                   "12,50\u00a0EUR", "1.234,56-", "12-", "-12,50 €", "€-3", "7,5 - €", "1.234") == [
        Decimal(n) for n in ("1234.56", "12.5", "12.5", "-1234.56", "-12", "-12.5", "-3", "-7.5",
                             "1234")]


def test_amounts_as_english_systems_write_them(tmp_path: Path) -> None:
    assert amounts(tmp_path, "thousands: ','", "€1,234.56", "-€2", "1,234.50-", ".5 EUR") == [
        Decimal(n) for n in ("1234.56", "-2", "-1234.5", "0.5")]


@pytest.mark.parametrize(("thousands", "mark"), [
    (" ", " "), (" ", "\u00a0"), (" ", "\u202f"), ("'", "'"), ("'", "\u2019")])
def test_thousands_parted_by_any_blank_or_apostrophe(
    tmp_path: Path, thousands: str, mark: str,
) -> None:
    assert amounts(tmp_path, f'thousands: "{thousands}"', f"1{mark}234.5", f"1{mark}234{mark}567",
                   f"-1{mark}234-", f"12{mark}34") == [
        Decimal("1234.5"), Decimal("1234567"), None, None]


@pytest.mark.parametrize("text", [
    "12,50 $", "5,0 %", "-12-", "0.125", "1.23", "12,5 EU", "€", "-", "1,2,3", "€ 12 €-", "1e5-"])
def test_what_is_no_amount_of_the_currency_is_rejected(tmp_path: Path, text: str) -> None:
    assert amounts(tmp_path, "decimal: ',', thousands: '.'", text, "1") == [None, Decimal(1)]


@pytest.mark.parametrize(("form", "name", "content"), [
    ("unix", "o.jsonl", b'{"Nr": "1", "Datum": 1751536800, "Betrag": 1, "Kunde": "a"}\n'),
    ("unix_ms", "o.jsonl", b'{"Nr": 1, "Datum": "1751536800000", "Betrag": 1, "Kunde": "a"}\n'),
    ("unix", "o.csv", b"Nr,Datum,Betrag,Kunde\n1,1751536800.0,1,a\n"),
    ("[unix, '%d.%m.%Y %H:%M']", "o.csv", b"Nr,Datum,Betrag,Kunde\n1,03.07.2025 12:00,1,a\n"),
    ("[unix, unix_ms]", "o.csv", b"Nr,Datum,Betrag,Kunde\n1,1751536800000,1,a\n"),
    ("unix_us", "o.csv", b"Nr,Datum,Betrag,Kunde\n1,1751536800000000,1,a\n"),
])
def test_seconds_since_1970_are_points_in_time(
    tmp_path: Path, form: str, name: str, content: bytes,
) -> None:
    shop = Shop(tmp_path)
    kind = name.split(".")[1]
    shop.declare(f"files: 'o*', format: {kind}, time_zone: Europe/Berlin",
                 f"{{ordered_at: {{from: Datum, format: {form}}}, customer_ref: Kunde}}")
    shop.write(name, content)
    assert shop.rows("ordered_at", shop.only()) == [(datetime(2025, 7, 3, 10),)]


def test_a_number_that_is_no_point_in_time_is_rejected(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare("files: 'o*'", "{ordered_at: {from: Datum, format: unix}, customer_ref: Kunde}")
    shop.write("o.csv", b"Nr,Datum,Kunde\n1,1751536800000,a\n2,99999999999999999999999999,a\n"
               b"3,abc,a\n4,1751536800,a\n")
    load = shop.only()
    assert [reason for _, reason, _ in shop.rejects(load)] == (
        ["column ordered_at: not a point in time"] * 3)


def moments(folder: Path, settings: str, *written: str) -> list[datetime | None]:
    """What is read from each of the texts; none where it is rejected as no point in time."""
    shop = Shop(folder)
    shop.declare(f"files: 'o*', delimiter: ';', {settings}")
    shop.write("orders.csv", "\n".join(["Nr;Datum;Betrag;Kunde", *(
        f"{i};{text};1;k" for i, text in enumerate(written))]).encode())
    load = shop.only()
    assert {reason for _, reason, _ in shop.rejects(load)} <= {
        "column ordered_at: not a point in time"}
    read = dict(shop.rows("cast(source_record_ref as integer), ordered_at", load))
    return [read.get(i) for i in range(len(written))]


@pytest.mark.parametrize("day", ["2025-07-03", "03.07.2025"])
def test_zones_behind_a_time_are_read(tmp_path: Path, day: str) -> None:
    form = "" if "-" in day else ", timestamp_format: ['%d.%m.%Y %H:%M', '%d.%m.%Y %I:%M %p']"
    assert moments(
        tmp_path, f"time_zone: Asia/Tokyo{form}", *(f"{day} 10:30{zone}" for zone in (
            " MESZ", " CEST", " cest", " UTC", " GMT", "Z", " EDT", " GMT+2", " UTC+02:00",
            " GMT+0200", " +0200", "+02:00", "-02", ""))) == [
        datetime(2025, 7, 3, hour, 30)
        for hour in (8, 8, 8, 10, 10, 10, 14, 8, 8, 8, 8, 8, 12, 1)]


def test_zones_that_no_clock_had_or_that_mean_several_are_rejected(tmp_path: Path) -> None:
    """In July a clock of Berlin shows MESZ: one called MEZ may be either an hour late or not."""
    assert moments(
        tmp_path, "time_zone: Europe/Berlin", "2025-07-03 10:30 MEZ", "2025-01-03 10:30 CEST",
        "2025-07-03 10:30 EST", "2025-07-03 10:30 IST", "2025-07-03 10:30 XYZ",
        "2025-07-03 10:30 +15", "2025-07-03 MESZ", "2025-07-03 10:30 Uhr",
        "2025-01-03 10:30 MEZ") == [*[None] * 8, datetime(2025, 1, 3, 9, 30)]


def test_a_zone_that_a_format_names_is_the_declared_one(tmp_path: Path) -> None:
    assert moments(tmp_path, "time_zone: Europe/Berlin, timestamp_format: '%d.%m.%Y %H:%M CET'",
                   "03.07.2025 10:30 CET") == [datetime(2025, 7, 3, 8, 30)]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize("form", ["", ", timestamp_format: '%d.%m.%Y %H:%M'",
                                  ", date_format: ['%d.%m.%y', '%d. %B %Y']"])
def test_words_of_the_engine_for_dates_are_none(tmp_path: Path, zone: str, form: str) -> None:
    words = ["epoch", "infinity", "-infinity", "Infinity", "inf", "-inf", "now", "today"]
    assert moments(tmp_path, f"time_zone: {zone}{form}", *words) == [None] * len(words)


def test_words_of_the_engine_are_no_birth_dates(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare("files: 'x*'")
    for name, form in (("a", ""), ("b", 'date_format: ["%d.%m.%Y", "%d.%m.%y"],')):
        (shop.sources / f"{name}.yml").write_text(f"""
source: {name}
tables: [{{entity: crm.customers, files: "k*", key: Nr, {form} columns: {{birth_date: Geburt}}}}]
""", encoding="utf-8")
    shop.write("k.csv", b"Nr,Geburt\n1,epoch\n2,infinity\n3,-infinity\n")
    for load in shop.load().loaded:
        assert shop.rows("birth_date", load) == [(None,)] * 3


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/New_York"])
def test_the_first_moment_of_1900_is_in_range_in_every_zone(tmp_path: Path, zone: str) -> None:
    """Old systems have it where no date is known; it has to be the same outcome everywhere."""
    shop = Shop(tmp_path)
    shop.declare(f"files: 'o*', time_zone: {zone}")
    shop.write("o.csv", b"Nr,Datum,Betrag,Kunde\n1,1900-01-01,1,a\n2,1899-12-30,1,a\n")
    load = shop.only()
    assert shop.rows("source_record_ref", load) == [("1",)]
    assert [reason for _, reason, _ in shop.rejects(load)] == [
        "column ordered_at: value out of range"]


MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
          "Oktober", "November", "Dezember"]
SHORT = ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"]


@pytest.mark.parametrize(("form", "written", "names"), [
    ("%d. %B %Y", "03. {} 2025", MONTHS), ("%d-%b-%Y", "03-{}-2025", SHORT),
    ("%d %b %y", "3 {} 25", SHORT), ("%B %d, %Y", "{} 3, 2025", ENGLISH)])
def test_months_have_german_and_english_names(
    tmp_path: Path, form: str, written: str, names: list[str],
) -> None:
    shop = Shop(tmp_path)
    shop.declare(f"files: 'o*', delimiter: ';', date_format: '{form}'")
    shop.write("orders.csv", "\n".join(["Nr;Datum;Betrag;Kunde", *(
        f"{i};{written.format(name)};1;k" for i, name in enumerate(names, 1))]).encode())
    assert shop.rows("cast(source_record_ref as integer), ordered_at", shop.only()) == [
        (i, datetime(2025, i, 3)) for i in range(1, 13)]
