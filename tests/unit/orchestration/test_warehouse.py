"""The door to the warehouse: read-only, closed, and what is shown of it cannot break out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse import count_rows, escape_chat, frames, preview, reading


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute("create table marts.products as select i as number, 'p' || i as name "
                    "from range(7) as t (i)")
    return path


def rewrite(warehouse: Path, value: str | None) -> list[str]:
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create or replace table marts.products as select $1 as name", [value])
    return preview(warehouse, "marts", "products", ["name"]).split("\n")


def test_a_preview_is_the_first_rows_of_the_named_columns(warehouse: Path) -> None:
    assert preview(warehouse, "marts", "products", ["name", "number"], rows=2) == (
        "| name | number |\n| --- | --- |\n| p0 | 0 |\n| p1 | 1 |")


@pytest.mark.parametrize(("value", "shown"), [
    (None, ""),
    ("a|b", "a&#124;b"),
    ("a\\|b", "a&#92;&#124;b"),
    ("![x](https://a.example)", "&#33;&#91;x&#93;(https&#58;//a.example)"),
    ("**b** `c` _d_ ~~e~~ www.a.example", "&#42;&#42;b&#42;&#42; &#96;c&#96; &#95;d&#95; "
     "&#126;&#126;e&#126;&#126; www&#46;a.example"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("Müller & Söhne", "Müller &amp; Söhne"),
    ("first\nsecond\r\nthird\rfourth", "first second third fourth"),
    ("x" * 79 + "|" * 9, "x" * 79 + "&#124;"),
    ("x" * 200, "x" * 80),
])
def test_a_value_stays_in_its_cell(warehouse: Path, value: str | None, shown: str) -> None:
    assert rewrite(warehouse, value)[2:] == [f"| {shown} |"]


@pytest.mark.parametrize(("text", "shown"), [
    ("<!channel> @all <@U12>", "&lt;！channel&gt; ＠all &lt;＠U12&gt;"),
    ("*b* _c_ `d` [e](http://a.example)", "∗b∗ ＿c＿ 'd' ［e］(http：//a.example)"),
    # What a tool does not read as mark-up stays as it is.
    ("ERR_TIMEOUT, cx@example.com, 12:30", "ERR_TIMEOUT, cx@example.com, 12:30"),
])
def test_a_name_is_no_markup_in_a_chat(text: str, shown: str) -> None:
    assert escape_chat(text) == shown


def test_reading_cannot_write_and_leaves_nothing_open(warehouse: Path) -> None:
    with pytest.raises(duckdb.InvalidInputException), reading(warehouse) as con:
        con.execute("delete from marts.products")
    with duckdb.connect(str(warehouse)) as writer:
        writer.execute("delete from marts.products where number > 4")
    assert count_rows(warehouse, [("marts", "products"), ("marts", "none")]) == {
        ("marts", "products"): 5}


def test_without_a_warehouse_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `cx360 run` first"), \
            reading(tmp_path / "warehouse.duckdb"):
        pass


def test_results_are_streamed_in_frames(warehouse: Path) -> None:
    with reading(warehouse) as con:
        parts = list(frames(con, "select number from marts.products order by 1", rows=3))
    assert [list(part["number"]) for part in parts] == [[0, 1, 2], [3, 4, 5], [6]]
