"""What a dry run says of a declaration, and that nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.checking import EXAMPLES, SourceCheck, check_declaration
from ingestion.declaration import FileFormat, read_declaration
from ingestion.readers.heads import copy_head

DECLARATION = """
source: till
tables:
  - entity: pos.orders
    files: "orders*.csv"
    key: Nr
    columns: {ordered_at: Datum, net_amount: Betrag, email: Mail}
"""


def check(folder: Path, lines: list[str], **settings: int) -> SourceCheck:
    (folder / "till.yml").write_text(DECLARATION, encoding="utf-8")
    extracts = folder / "extracts"
    extracts.mkdir()
    (extracts / "orders.csv").write_text(
        "Nr,Datum,Betrag,Mail,Kasse\n" + "".join(line + "\n" for line in lines), encoding="utf-8")
    return check_declaration(read_declaration(folder / "till.yml"), extracts, **settings)


def test_rows_are_counted_as_a_load_would_count_them(tmp_path: Path) -> None:
    found = check(tmp_path, ["1,2026-03-01,5,a@example.org,K1", "2,2026-02-30,5,b@example.org,K1",
                             "3,2026-03-01,x,c@example.org,K2", "1,2026-03-02,7,d@example.org,K2"])
    (table,) = found.tables
    assert (table.rows_read, table.rows_accepted, table.rows_rejected) == (4, 1, 3)
    assert dict(table.reasons) == {
        "column ordered_at: not a point in time": 1, "column net_amount: not a number": 1,
        "duplicate key: another row of the same extract counts": 1}
    assert {row.row: row.values for row in table.rejected} == {
        1: {}, 2: {"ordered_at": "2026-02-30"}, 3: {"net_amount": "x"}}
    assert table.unmapped == ("Kasse",)
    assert [row["source_record_ref"] for row in table.accepted] == ["1"]


def test_every_reason_has_an_example_before_one_has_a_second(tmp_path: Path) -> None:
    found = check(tmp_path, [*(f"{i},never,1,,K" for i in range(30)), "31,2026-03-01,x,,K"])
    (table,) = found.tables
    assert len(table.rejected) == EXAMPLES
    assert {row.reason for row in table.rejected[:2]} == {
        "column ordered_at: not a point in time", "column net_amount: not a number"}


def test_nothing_is_left_beside_the_extracts(tmp_path: Path) -> None:
    check(tmp_path, ["1,2026-03-01,5,,K1"])
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "extracts", "orders.csv", "till.yml"]


def test_a_look_at_the_first_rows_says_so(tmp_path: Path) -> None:
    found = check(tmp_path, [f"{i},2026-03-01,5,,K" for i in range(20)], rows=7)
    assert (found.tables[0].rows_read, found.shortened) == (7, ("orders.csv",))


def test_a_missing_required_column_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "till.yml").write_text(DECLARATION.replace("Datum", "Zeit"), encoding="utf-8")
    (tmp_path / "orders.csv").write_text("Nr,Datum,Betrag\n1,2026-03-01,5\n", encoding="utf-8")
    found = check_declaration(read_declaration(tmp_path / "till.yml"), tmp_path)
    assert "column Zeit is missing" in found.problems[0].message
    assert found.tables[0].rows_read == 0


@pytest.mark.parametrize(("encoding", "quote"), [
    ("utf-8", '"'), ("windows-1252", '"'), ("utf-16", '"'), ("utf-8", "'")])
def test_the_first_records_keep_their_quoted_line_breaks(
    tmp_path: Path, encoding: str, quote: str,
) -> None:
    text = f"id;text\r\n1;{quote}grüß\nGott{quote}\r\n2;b\r\n3;c\r\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    form = FileFormat(delimiter=";", encoding=encoding, quote=quote)
    head = tmp_path / "head" / "a.csv"
    assert copy_head(tmp_path / "a.csv", form, 2, head)
    assert head.read_bytes().decode(encoding) == text.removesuffix("3;c\r\n")
    assert not copy_head(tmp_path / "a.csv", form, 3, head)
    assert head.read_bytes().decode(encoding) == text
