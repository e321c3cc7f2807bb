"""A file that cannot be opened is told in a sentence, and the others load."""

from __future__ import annotations

import errno
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.workbooks import workbook
from ingestion import loading
from ingestion.checking import check_declaration
from ingestion.declaration import read_declaration
from ingestion.inspection import NotInspected, inspect_extracts
from tests.unit.ingestion.places import Shop

FILES = {
    "csv": b"Nr,Datum,Betrag,Kunde\n1,2025-01-01,5,a\n",
    "jsonl": b'{"Nr": 1, "Datum": "2025-01-01", "Betrag": 5, "Kunde": "a"}\n',
    "excel": workbook({"A": [["Nr", "Datum", "Betrag", "Kunde"], [1, "2025-01-01", 5, "a"]]}),
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def deliver(shop: Shop, format: str) -> None:
    shop.declare(f"files: 'orders_*', format: {format}, extracted_on: '_(.*)[.]'")
    for day in (1, 2, 3):
        shop.write(f"orders_2025-01-0{day}.{format}", FILES[format])


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Let the operating system not give out a file."""
    opened = Path.open

    def opening(path: Path, *args: Any, **settings: Any) -> Any:
        if path.name == name:
            raise error
        return opened(path, *args, **settings)

    monkeypatch.setattr(Path, "open", opening)


@pytest.mark.parametrize("format", FILES)
def test_a_file_that_may_not_be_read_harms_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, format: str,
) -> None:
    deliver(shop, format)
    refuse(monkeypatch, f"orders_2025-01-02.{format}", PermissionError(errno.EACCES, "denied"))
    report = shop.load()
    assert [load.file[-len(format) - 3:][:2] for load in report.loaded] == ["01", "03"]
    assert [problem.message for problem in report.problems] == [
        f"orders_2025-01-02.{format}: cannot be opened (PermissionError); see to it that cx360 may "
        "read it and that its disk answers"]


@pytest.mark.parametrize("format", FILES)
def test_a_file_that_vanishes_before_it_is_read_harms_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, format: str,
) -> None:
    deliver(shop, format)
    original = loading.plan_loads

    def planning(*args: Any) -> Any:
        planned = original(*args)
        (shop.extracts / f"orders_2025-01-02.{format}").unlink()
        return planned

    monkeypatch.setattr(loading, "plan_loads", planning)
    report = shop.load()
    assert len(report.loaded) == 2
    (problem,) = report.problems
    assert problem.message.startswith(f"orders_2025-01-02.{format}: ")


def test_parquet_with_a_damaged_name_harms_no_other(shop: Shop) -> None:
    """Found by the fuzz run: the engine passes names on without looking at their bytes."""
    shop.declare("files: 'orders_*', format: parquet, extracted_on: '_(.*)[.]'")
    sink = BytesIO()
    pq.write_table(pa.table({"Nr": ["1"], "Datum": ["2025-01-01"], "Betrag": [5]}), sink)
    shop.write("orders_2025-01-01.parquet", sink.getvalue().replace(b"Betrag", b"Bet\xffag"))
    shop.write("orders_2025-01-02.parquet", sink.getvalue())
    report = shop.load()
    assert [load.rows_accepted for load in report.loaded] == [1]
    assert [problem.message for problem in report.problems] == [
        "orders_2025-01-01.parquet: not readable as Parquet; deliver it again"]


def test_a_full_disk_is_no_matter_of_a_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(shop, "csv")
    refuse(monkeypatch, "orders_2025-01-02.csv", OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(OSError, match="No space left"):
        shop.load()


def test_a_folder_that_cannot_be_looked_through_is_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(shop, "csv")

    def forbidden(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "denied", str(path))

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert "orders_*: cannot be looked through (PermissionError)" in shop.problem()


def empty_archive() -> bytes:
    """What an interrupted export leaves: an archive that says it is a workbook, and no sheet."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    return content.getvalue()


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.xlsx", empty_archive(), "not readable as Excel workbook"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "not readable as Excel workbook"),
    ("a.json", b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "objects lie within objects too often"),
    ("a.jsonl", (b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"\n") * 2,
     "objects lie within objects too often"),
    ("a.json", b"[" + b'{"a":' * 995 + b"1" + b"}" * 995 + b"]",
     "objects lie within objects too often"),
])
def test_what_inspect_cannot_look_through_is_told_and_the_rest_is_proposed(
    tmp_path: Path, name: str, content: bytes, said: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotInspected, match=f"{name}: {said}"):
        inspect_extracts(tmp_path / name)
    (tmp_path / "customers.csv").write_text(
        "id;email;first_name;last_name\n17;a@example.org;A;B\n18;b@example.org;C;D\n")
    found = inspect_extracts(tmp_path)
    assert [one.group.pattern for one in found.files if one.tables] == ["customers.csv"]
    assert [problem.startswith(f"{name}: ") for problem in found.problems] == [True]


def test_what_inspect_may_not_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["csv"])
    refuse(monkeypatch, "a.csv", PermissionError(errno.EACCES, "denied"))
    with pytest.raises(NotInspected, match=r"a\.csv: cannot be opened \(PermissionError\)"):
        inspect_extracts(tmp_path / "a.csv")


@pytest.mark.parametrize("format", ["jsonl", "json"])
def test_a_record_of_too_many_levels_is_a_reject(shop: Shop, format: str) -> None:
    """Merged as it is, it would end the process; many brackets beside one another do no harm."""
    shop.declare(f"files: 'orders_*', format: {format}")
    whole = '{"Nr": %d, "Datum": "2025-01-01", "Betrag": 5, "Kunde": "[[{{", "x": %s}'
    records = [whole % (1, '{"a":' * 300_000 + "1" + "}" * 300_000),
               whole % (2, "[" + ",".join(["[1]"] * 5_000) + "]"),
               whole % (3, "[" * 998 + "]" * 998), whole % (4, '"' + "[" * 5_000 + '\\""')]
    shop.write("orders_1", ("[" + ",\n".join(records) + "]" if format == "json"
                            else "\n".join(records)).encode())
    load = shop.only()
    assert [ref for (ref,) in shop.rows("source_record_ref", load)] == ["2", "3", "4"]
    assert [(row, reason) for row, reason, _ in shop.rejects(load)] == [
        (1, "line not readable: more than 1,000 objects or lists within one another")]


def test_a_beginning_that_cannot_be_copied_is_told_by_the_load(shop: Shop) -> None:
    shop.declare("files: 'orders*'")
    shop.write("orders.csv.gz", b"\x1f\x8b\x08\x00" + b"a" * 30)
    found = check_declaration(read_declaration(shop.sources / "shop.yml"), shop.extracts, rows=5)
    assert [problem.message.split(" (")[0] for problem in found.problems] == [
        "orders.csv.gz: not readable as gzip archive"]


@pytest.mark.parametrize(("settings", "content", "line"), [
    ("format: jsonl", '{"Nr": 1, "Datum": "2025-01-01"}\n{"Nr": 2, "Datum": "2025-01-01", '
                      '"Kunde": "Müller"}\n', 2),
    ("format: json", '[{"Nr": 2, "Datum": "2025-01-01", "Kunde": "Müller"}]', 1),
    ("format: json, record_path: a",
     '{"a":\n [{"Nr": 2, "Datum": "2025-01-01", "Kunde": "Müller"}]}', 2),
])
def test_json_in_another_encoding_is_told_as_such(
    tmp_path: Path, settings: str, content: str, line: int,
) -> None:
    shop = Shop(tmp_path)
    columns = "{ordered_at: Datum, customer_ref: Kunde}"
    shop.declare(f"files: 'o*', {settings}", columns)
    shop.write("o.json", content.encode("windows-1252"))
    assert shop.problem() == (f"o.json, line {line}: not utf-8; set `encoding` in the declaration "
                              "(windows-1252 is usual for German systems)")
    shop.declare(f"files: 'o*', {settings}, encoding: windows-1252", columns)
    assert ("Müller",) in shop.rows("customer_ref", shop.only())
