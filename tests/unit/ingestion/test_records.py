"""Records of damaged CSV files: each is loaded, a reject, or the file is refused; none is lost."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import duckdb
import pytest

from benchmarks.workbooks import workbook
from ingestion.declaration import FileFormat
from ingestion.readers import files, records
from ingestion.readers.extract import ExtractError, UnclearLinesError
from ingestion.readers.files import open_extract
from ingestion.readers.records import count_records, split_records
from tests.unit.ingestion.places import Shop

HEADER = b"Nr,Datum,Betrag,Kunde\n"


def _split(folder: Path, content: bytes, width: int = 3, **settings: object) -> list[tuple[
        int, str, str]]:
    path = folder / "f.csv"
    path.write_bytes(content)
    return [(found.line + i, text.encode("latin-1").decode(errors="replace"), found.fault)
            for found in split_records(path, "f.csv", FileFormat(**settings), width)
            for i, text in enumerate(found.text.split("\n") if found.count > 1 else [found.text])]


@pytest.mark.parametrize("group_characters", [1, 1 << 16])
@pytest.mark.parametrize(("content", "found"), [
    (b"a,b,c\n1,2,3\r\n4,,6\r7,8,9", [(2, "1,2,3", ""), (3, "4,,6", ""), (4, "7,8,9", "")]),
    (b"a,b,c\n1,2,3\n\n4,5,6", [(2, "1,2,3", ""), (4, "4,5,6", "")]),
    (b"a,b,c\r1,2,3\r\n4,5,6\n", [(2, "1,2,3", ""), (3, "4,5,6", "")]),
    (b'"a\n",b,c\n1,"2\r\n\n""x""",3\n4,5,6\n',
     [(3, '1,"2\r\n\n""x""",3', ""), (6, "4,5,6", "")]),
    (b'a,b,c\n1,5" x,3\n1, "5",3\n1,"5"  ,3\n',
     [(2, '1,5" x,3', ""), (3, '1, "5",3', ""), (4, '1,"5"  ,3', "")]),
    (b'a,b,c\n1,2\n1,2,3,4\n1,2,3,,""\n1,"2"x,3\n', [
        (2, "1,2", "missing columns"), (3, "1,2,3,4", "too many columns"),
        (4, '1,2,3,,""', ""), (5, '1,"2"x,3', "unquoted value")]),
    (b"a,b,c\n1,\xff,3\n \n", [(2, "1,\ufffd,3", "invalid encoding"), (3, " ", "missing columns")]),
    (b"\xef\xbb\xbf\"a\",b,c\n1,2,\xc3\xa4\n", [(2, "1,2,ä", "")]),
])
def test_each_record_is_told_with_its_line_and_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_characters: int, content: bytes,
    found: list[tuple[int, str, str]],
) -> None:
    monkeypatch.setattr(records, "_GROUP_CHARACTERS", group_characters)
    assert _split(tmp_path, content) == found


@pytest.mark.parametrize("group_characters", [1, 1 << 16])
@pytest.mark.parametrize(("settings", "content", "texts"), [
    ({"delimiter": "||"}, b'a||b\n1||"x||y"\n2||z\n', ['1||"x||y"', "2||z"]),
    ({"escape": "\\"}, b'a,b\n1,"x\\"\ny"\n2,"\\\\"\n', ['1,"x\\"\ny"', '2,"\\\\"']),
    ({"quote": ""}, b'a,b\n1,"x\n2,y\n', ['1,"x', "2,y"]),
    ({"quote": "", "may_be_short": True}, b"a,b\n1\n2,y\n", ["1", "2,y"]),
    ({"delimiter": "§", "quote": "'"}, "a§b\n1§'x§y'\n".encode(), ["1§'x§y'"]),
    ({"column_names": ["a", "b"]}, b"\xef\xbb\xbf1,x\n2,y\n", ["1,x", "2,y"]),
])
def test_records_are_told_apart_as_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_characters: int,
    settings: dict[str, object], content: bytes, texts: list[str],
) -> None:
    monkeypatch.setattr(records, "_GROUP_CHARACTERS", group_characters)
    found = _split(tmp_path, content, 2, **settings)
    assert [(text, fault) for _, text, fault in found] == [(text, "") for text in texts]
    header_lines = 0 if "column_names" in settings else 1
    assert count_records(tmp_path / "f.csv", FileFormat(**settings),
                         keeps_blank=False) == len(texts) + header_lines


@pytest.mark.parametrize("content", [
    b'a,b,c\n1,2,"3\n4,5,6\n',  # open to the end
    b'a,b,c\n1,2,"3\n4,"5",6\n',  # closed by the quote that opens another value
    b'a,b,c\n1,"2"x,"3\n4,5,6"\n',  # open after a value that was closed too early
])
def test_lines_after_an_open_quote_refuse_the_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ExtractError, match=r"f\.csv, about line 2: a quote is opened and never"):
        _split(tmp_path, content)


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(("content", "count"), [
    (b"", 0), (b"\n\n", 0), (b"a", 1), (b"a\n\n\nb\r\n\r\nc\rd", 4),
    (b'a,"x\n\ny"\n"b\n"\n""\n', 3), (b'a,"x""\n"""\r\nb\n', 2),
])
def test_records_are_counted_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, content: bytes, count: int,
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    assert count_records(path, FileFormat(), keeps_blank=False) == count


@pytest.mark.parametrize("content", [b'a,"b\n', b'"', b'a,5" b\n'])
def test_a_file_that_ends_within_quotes_is_not_counted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(UnclearLinesError, match="open at the end"):
        count_records(path, FileFormat(), keeps_blank=False)


def test_an_open_quote_that_the_engine_lets_pass_refuses_the_file(tmp_path: Path) -> None:
    """With an escape of its own at the end, it makes one value of all lines after the quote."""
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', escape: '\\'")
    shop.write("o.csv", HEADER + b"1,2025-01-01,1,a\n2,2025-01-01,1,\"b\n3,2025-01-01,1,c\\")
    assert "o.csv, about line 3: a quote is opened and never closed" in shop.problem()


def test_blank_lines_of_one_column_are_records(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"a\n1\n\n2\n")
    assert count_records(path, FileFormat(), keeps_blank=True) == 4
    assert [text for _, text, _ in _split(tmp_path, path.read_bytes(), 1)] == ["1", "", "2"]


def test_a_line_without_an_end_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 20)
    with pytest.raises(ExtractError, match=r"f\.csv, line 2: longer than"):
        _split(tmp_path, b"a,b,c\n1,2," + b"3" * 20 + b"\n4,5,6\n")


def test_a_row_that_the_engine_drops_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the engine loses: first the lines are told apart here, then the file is refused."""
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b\n1,x\n2,y\n3,z\n")
    number_by_file = files._number_by_file

    def lossy(con: duckdb.DuckDBPyConnection, paths: dict[Path, Path], passed: int) -> None:
        con.execute("delete from numbered where a = '2'")
        number_by_file(con, paths, passed)

    monkeypatch.setattr(files, "_number_by_file", lossy)
    with duckdb.connect() as con:
        with pytest.raises(UnclearLinesError, match=r"has 3 records .* engine reads 2"):
            open_extract(con, [path], FileFormat(), ("a", "b"), tmp_path / "scratch")
        with pytest.raises(ExtractError, match=r"f\.csv: has 3 .* reads 2; deliver the file again"):
            open_extract(con, [path], FileFormat(), ("a", "b"), tmp_path / "scratch",
                         line_by_line=True)


def test_a_last_line_with_an_open_quote_is_not_dropped_after_a_reject(tmp_path: Path) -> None:
    """Found by the fuzz run: the engine told the line that is too long, and left out the last."""
    shop = Shop(tmp_path)
    shop.declare("files: 'o*'")
    shop.write("o.csv", HEADER.replace(b"\n", b"\r\n") + b'1,2025-01-01,1,"a\nb"\r\n'
               b"2,2025-01-01,,1,c\r\n3,2025-01-01,1,d\r\n4,2025-01-01,1,\"'")
    assert "o.csv, about line 6: a quote is opened and never closed" in shop.problem()


def test_faulty_lines_of_all_batches_are_rejects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "_FAULTY_RECORDS", 2)
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', skip_first: 1")
    shop.write("o.csv", b"report\n" + HEADER + b"1,2025-01-01,1,a\n" + b"x,\xc3\xa4\n" * 5)
    load = shop.only()
    assert (load.rows_accepted, load.rows_rejected) == (1, 5)
    assert shop.rejects(load) == [(line, "line not readable: missing columns", "x,ä")
                                  for line in range(4, 9)]


def test_a_quote_within_a_value_is_a_letter(tmp_path: Path) -> None:
    """It makes the fast count wrong, which costs time but no row."""
    shop = Shop(tmp_path)
    shop.declare("files: 'o*'")
    shop.write("o.csv", HEADER + b'1,2025-01-01,1,5" x\n2,2025-01-01,1,"b\n c"\n')
    load = shop.only()
    assert load.rows_rejected == 0
    assert shop.rows("customer_ref", load) == [('5" x',), ("b\n c",)]


def test_a_header_that_ran_into_a_record_is_not_told(tmp_path: Path) -> None:
    """Found by the fuzz run: a name of the header was a person's."""
    shop = Shop(tmp_path)
    shop.declare("files: 'o*'")
    shop.write("o.csv", b"Nr,DaC1234,\n2,2025-01-01,1\n")
    assert "column Datum is missing; its first line may be no header" in shop.problem()
    assert "C1234" not in shop.problem()


def test_an_array_without_records_is_a_load_without_rows(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', format: json, may_be_empty: true")
    shop.write("o.json", b"[]")
    assert shop.only().rows_read == 0


def test_a_workbook_in_an_archive_that_does_not_compress_is_read(tmp_path: Path) -> None:
    """Its own list of members is then within the archive's bytes."""
    shop = Shop(tmp_path)
    shop.declare("files: 'o*', format: excel")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr("orders", workbook({"Orders": [
            ["Nr", "Datum", "Betrag", "Kunde"], ["1", "2025-01-01", "1", "a"]]}))
    shop.write("o.zip", archive.getvalue())
    assert shop.rows("source_record_ref", shop.only()) == [("1",)]
