"""CSV as companies write it: every usual shape gives the same records."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.ingestion.places import Shop

GERMAN = ("files: 'o*', delimiter: ';', decimal: ',', thousands: '.', "
          "timestamp_format: '%d.%m.%Y %H:%M'")
HEADER = "Nr;Datum;Betrag;Kunde\n"
ROWS = "1;03.07.2025 10:30;1.234,50;Müller\n2;04.07.2025 09:00;-7;Groß\n"
TEXT = HEADER + ROWS
EXPECTED = [("1", datetime(2025, 7, 3, 10, 30), Decimal("1234.5"), "Müller"),
            ("2", datetime(2025, 7, 4, 9, 0), Decimal("-7"), "Groß")]
COLUMNS = "source_record_ref, ordered_at, net_amount, customer_ref"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(("settings", "content"), [
    ("", TEXT.encode()),
    ("", TEXT.encode("utf-8-sig")),
    ("encoding: windows-1252", TEXT.encode("cp1252")),
    ("encoding: utf-16", TEXT.encode("utf-16")),
    ("encoding: utf-16-le", TEXT.encode("utf-16-le")),
    ("", TEXT.replace("\n", "\r\n").encode()),
    ("", TEXT.replace("\n", "\r").encode()),
    ("", TEXT.rstrip().encode()),
    ("", (HEADER.replace("\n", "\r\n") + ROWS).encode()),
    ("", (HEADER + ROWS.replace("\n", "\r\n", 1)).encode()),
    ("", TEXT.replace("Nr;Datum;Betrag;Kunde", "Nr ; Datum;Betrag  ;Kunde\u00a0").encode()),
    ("", TEXT.replace("Kunde\n", "Kunde;;\n").replace("ler\n", "ler;;\n").replace(
        "ß\n", "ß;;\n").encode()),
    ("", re.sub("([^;\n]+)", r'"\1"', TEXT).encode()),
    ("delimiter: '||'", TEXT.replace(";", "||").encode()),
    ("delimiter: \"\\t\", quote: ''", TEXT.replace(";", "\t").encode()),
    ("skip_first: 3", ("Bericht \"Umsatz\n\nStand: 04.07.2025;;\n" + TEXT).encode()),
    ("skip_first: 2", ("\t\n\r\n" + TEXT.replace("\n", "\r\n")).encode()),
    ("column_names: [Nr, Datum, Betrag, Kunde]", ROWS.encode("utf-8-sig")),
    ("skip_first: 1, column_names: [Nr, Datum, Betrag, Kunde]", ("x\n" + ROWS).encode()),
])
def test_the_same_records_from_every_shape(shop: Shop, settings: str, content: bytes) -> None:
    german = GERMAN.replace("delimiter: ';', ", "") if "delimiter" in settings else GERMAN
    shop.declare(german + (f", {settings}" if settings else ""))
    shop.write("orders.csv", content)
    load = shop.only()
    assert shop.rows(COLUMNS, load) == EXPECTED
    assert load.rows_read == 2


def test_quoted_line_breaks_delimiters_and_quotes_stay_in_the_value(shop: Shop) -> None:
    shop.declare("files: 'o*'")
    shop.write("o.csv", b'Nr,Datum,Betrag,Kunde\r\n1,2025-01-01,1,"a\r\nb, ""c"""\r\n'
                        b"2,2025-01-01,1,d\r\n")
    assert shop.rows("source_record_ref, customer_ref", shop.only()) == [
        ("1", 'a\r\nb, "c"'), ("2", "d")]


def test_a_backslash_escapes_quotes_where_declared(shop: Shop) -> None:
    shop.declare("files: 'o*', escape: '\\'")
    shop.write("o.csv", b'Nr,"Da\\"tum",Betrag,Kunde\n1,2025-01-01,1,"a\\"b"\n'.replace(
        b'"Da\\"tum"', b"Datum"))
    assert shop.rows("customer_ref", shop.only()) == [('a"b',)]


def test_dates_in_mixed_forms_and_zones(shop: Shop) -> None:
    """Text with its own offset speaks for itself; the rest is local to the declared zone."""
    shop.declare("files: 'o*', delimiter: ';', time_zone: Europe/Berlin, timestamp_format: "
                 "['%d.%m.%Y %H:%M', '%d.%m.%y', '%Y-%m-%dT%H:%M:%S']")
    shop.write("o.csv", b"Nr;Datum;Betrag;Kunde\n1;03.07.2025 10:30;1;a\n2;03.01.25;1;a\n"
                        b"3;2025-07-03T10:30:00;1;a\n4;2025-07-03T10:30:00+05:00;1;a\n"
                        b"5;2025-07-03 10:30:00Z;1;a\n")
    assert [moment for _, moment in shop.rows("source_record_ref, ordered_at", shop.only())] == [
        datetime(2025, 7, 3, 8, 30), datetime(2025, 1, 2, 23, 0), datetime(2025, 7, 3, 8, 30),
        datetime(2025, 7, 3, 5, 30), datetime(2025, 7, 3, 10, 30)]


@pytest.mark.parametrize(("setting", "reasons"), [
    ("skip_last: 2", ["left out by skip_last"] * 2),
    ("totals: {Nr: ['Summe*', Anzahl]}", ["totals line, told by column Nr"] * 2),
])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_totals_lines_are_neither_facts_nor_lost(
    shop: Shop, setting: str, reasons: list[str], encoding: str,
) -> None:
    shop.declare(f"{GERMAN}, {setting}, encoding: {encoding}")
    shop.write("o.csv", f"{TEXT}Summe Filiale 1;;1.227,50;\nAnzahl;;2;\n\n\n".encode(encoding))
    load = shop.only()
    assert shop.rows(COLUMNS, load) == EXPECTED
    assert (load.rows_read, load.rows_rejected) == (4, 2)
    rejects = shop.rejects(load)
    assert [reason for _, reason, _ in rejects] == reasons
    assert "1.227,50" in rejects[0][2]


def test_skip_last_never_takes_the_header(shop: Shop) -> None:
    shop.declare(f"{GERMAN}, skip_last: 3, may_be_empty: true")
    shop.write("o.csv", (HEADER + "Summe;;0;\n").encode())
    load = shop.only()
    assert (load.rows_read, load.rows_accepted) == (1, 0)
    assert [reason for _, reason, _ in shop.rejects(load)] == ["left out by skip_last"]


SURVEY = 'Nr,Datum,Betrag,Kunde\n'
QUESTIONS = ('Nummer,"Wann\nhaben Sie bestellt?",Wie viel?,Wer?\n'
             '"{""ImportId"":""_recordId""}","{""ImportId"":""startDate""}",'
             '"{""ImportId"":""QID1""}","{""ImportId"":""QID2_TEXT""}"\n')


@pytest.mark.parametrize(("settings", "content", "rejected"), [
    ("skip_after_header: 2", SURVEY + QUESTIONS + "1,2025-07-03,5,a\n3,x,7,c\n2,2025-07-04,6,b\n",
     [(2, "column ordered_at: not a point in time")]),
    ("skip_after_header: 1", SURVEY + ",,Response\n1,2025-07-03,5,a\n2,2025-07-04,6,b\n", []),
    ("skip_after_header: 2", SURVEY.replace("\n", "\r\n") + QUESTIONS
     + "1,2025-07-03,5,a\n3,2025-07-04\n2,2025-07-04,6,b\n",
     [(6, "line not readable: missing columns")]),
    ("skip_first: 1, skip_last: 1, skip_after_header: 2",
     "Report\n" + SURVEY + QUESTIONS + "1,2025-07-03,5,a\n2,2025-07-04,6,b\nTotal\n",
     [(8, "left out by skip_last")]),
    ("column_names: [Nr, Datum, Betrag, Kunde], skip_after_header: 2",
     QUESTIONS + "1,2025-07-03,5,a\n2,2025-07-04,6,b\n", []),
])
def test_rows_below_the_header_that_explain_it_are_no_records(
    shop: Shop, settings: str, content: str, rejected: list[tuple[int, str]],
) -> None:
    """Surveys are exported with texts of questions and numbers of theirs below the names."""
    shop.declare(f"files: 'o*', {settings}")
    shop.write("orders.csv", content.encode())
    load = shop.only()
    assert shop.rows("source_record_ref, net_amount, customer_ref", load) == [
        ("1", Decimal("5"), "a"), ("2", Decimal("6"), "b")]
    assert load.rows_read == 2 + len(rejected)
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == rejected


def test_rows_below_the_header_are_left_out_of_each_file(shop: Shop) -> None:
    shop.declare("files: 'o*', skip_after_header: 2, may_be_empty: true")
    for name, rows in (("a", "1,2025-07-03,5,a\n"), ("b", ""), ("c", "2,2025-07-04,6,b\n")):
        shop.write(f"o_{name}.csv", (SURVEY + QUESTIONS + rows).encode())
    shop.write("o_d.csv", SURVEY.encode())
    loads = shop.load().loaded
    assert [load.rows_read for load in loads] == [1, 0, 1, 0]
    assert [shop.rows("source_record_ref", load) for load in loads] == [[("1",)], [], [("2",)], []]


def test_a_column_that_tells_totals_must_be_there(shop: Shop) -> None:
    """Else totals would become facts, the day the column is renamed."""
    shop.declare(f"{GERMAN}, totals: {{Art: Summe}}")
    shop.write("o.csv", TEXT.encode())
    assert "column Art is missing" in shop.problem()


def test_short_lines_are_filled_up_where_declared(shop: Shop) -> None:
    shop.declare("files: 'o*', delimiter: ';', may_be_short: true, quote: ''")
    shop.write("o.csv", b'Nr;Datum;Betrag;Kunde\n1;2025-01-01\n2;2025-01-01;5;"a\n3\n')
    load = shop.only()
    assert shop.rows("source_record_ref, net_amount, customer_ref", load) == [
        ("1", None, None), ("2", Decimal("5"), '"a')]
    assert [reason for _, reason, _ in shop.rejects(load)] == [
        "column ordered_at: empty, but required"]


def test_references_of_html_are_resolved_where_declared(shop: Shop) -> None:
    shop.declare("files: 'o*'", "{ordered_at: Datum, customer_ref: {from: Kunde, unescape: html},"
                                " channel: Kunde}")
    shop.write("o.csv", b"Nr,Datum,Kunde\n1,2025-01-01,A &amp; B &lt;3 &amp;lt; M&uuml;ller\n")
    assert shop.rows("customer_ref, channel", shop.only()) == [
        ("A & B <3 &lt; Müller", "A &amp; B &lt;3 &amp;lt; M&uuml;ller")]


def test_a_json_column_of_a_csv_is_reached_into(shop: Shop) -> None:
    shop.declare("files: 'o*', delimiter: ';', quote: ''",
                 "{ordered_at: Datum, customer_ref: Person.id}")
    shop.write("o.csv", b'Nr;Datum;Person\n1;2025-01-01;{"id": "K1"}\n2;2025-01-01;none\n')
    assert shop.rows("customer_ref", shop.only()) == [("K1",), (None,)]


def test_an_open_quote_that_swallows_lines_stops_the_file(shop: Shop) -> None:
    """The engine keeps the first 10,000 characters only: the lines after them would be lost."""
    shop.declare("files: 'o*'")
    rows = "".join(f"{i},2025-01-01,1,a\n" for i in range(3, 2000))
    shop.write("o.csv", ('Nr,Datum,Betrag,Kunde\n1,2025-01-01,1,b\n2,2025-01-01,1,"c\n' + rows
                         ).encode())
    assert shop.problem().startswith("o.csv, about line 3: a quote is opened and never closed")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_open_quote_in_a_short_file_stops_it_too(shop: Shop, line_end: str) -> None:
    """With carriage returns the engine tells an earlier line, which is good."""
    shop.declare("files: 'o*'")
    lines = ["Nr,Datum,Betrag,Kunde", "1,2025-01-01,1,a", '2,2025-01-01,1,"b',
             '3,2025-01-01,1,"c\nd"', "4,2025-01-01,1,e"]
    shop.write("o.csv", line_end.join(lines).encode())
    assert "a quote is opened and never closed" in shop.problem()


def test_a_line_with_text_after_its_closing_quote_is_a_reject(shop: Shop) -> None:
    shop.declare("files: 'o*'")
    shop.write("o.csv", b'Nr,Datum,Betrag,Kunde\r\n1,2025-01-01,1,a\r\n2,2025-01-01,1,"b" c\r\n'
                        b"3,2025-01-01,1,d\r\n")
    load = shop.only()
    assert load.rows_accepted == 2
    assert [record for _, _, record in shop.rejects(load)] == ['2,2025-01-01,1,"b" c']


def test_a_long_line_that_cannot_be_split_is_kept_whole(shop: Shop) -> None:
    shop.declare("files: 'o*', delimiter: ';', quote: ''")
    line = f"2;2025-01-01;{'a' * 20_000};too;many"
    shop.write("o.csv", f"Nr;Datum;Betrag;Kunde\n1;2025-01-01;1;a\n{line}\n3;2025-01-01;1;a\n"
               .encode())
    load = shop.only()
    assert load.rows_accepted == 2
    assert [record for _, _, record in shop.rejects(load)] == [line]


@pytest.mark.parametrize(("content", "sentence"), [
    (TEXT.encode("utf-16"), "starts with the byte order mark of utf-16"),
    (TEXT.encode("cp1252"), "header is not utf-8"),
    (b"\n\n" + TEXT.encode(), "the header line is blank; say with `skip_first`"),
    (("Nr;nr;Datum;Betrag;Kunde\n" + ROWS).encode(), "columns 1, 2 of the header"),
])
def test_a_wrong_declaration_is_told(shop: Shop, content: bytes, sentence: str) -> None:
    shop.declare(GERMAN)
    shop.write("o.csv", content)
    report = shop.load()
    told = [problem.message for problem in report.problems] + [
        reason for load in report.loaded for _, reason, _ in shop.rejects(load)]
    assert any(sentence in one for one in told), told


def test_names_of_files_are_no_patterns_for_the_engine(shop: Shop) -> None:
    shop.declare(GERMAN)
    shop.write("o[1] *.csv", TEXT.encode())
    shop.write("o1 x.csv", (HEADER + "3;03.07.2025 10:30;1;x\n").encode())
    assert sorted(load.rows_read for load in shop.load().loaded) == [1, 2]


def test_a_key_that_is_called_otherwise_is_another_table_of_the_same_records(shop: Shop) -> None:
    shop.declare('files: "*.csv"', columns="{ordered_at: at}")
    shop.write("a1.csv", b"Nr,at\n7,2026-03-01\n")
    old = shop.only()
    shop.write("b1.csv", b"Nummer,at\n7,2026-03-02\n")
    assert shop.problem() == (
        "b1.csv: column Nr is missing; the file has Nummer, at. Deliver the column, or declare the "
        "files that call it otherwise as another table of pos.orders with their own `files`, `key` "
        "and `name`")
    shop.declare('files: "a*.csv"', columns="{ordered_at: at}")
    declared = shop.sources / "shop.yml"
    declared.write_text(declared.read_text() + "  - {entity: pos.orders, name: later, key: Nummer, "
                        'files: "b*.csv", columns: {ordered_at: at}}\n')
    assert shop.rows("record_key", shop.only()) == shop.rows("record_key", old)
