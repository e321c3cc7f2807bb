"""What a source delivers may change; the history says when, and a new column is told once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from places import Shop

from benchmarks.workbooks import workbook
from ingestion import loading
from ingestion.schema_history import SCHEMA, read_history
from ingestion.shapes import MOST_COLUMNS, Shapes

DATED = r"files: 'orders_*', extracted_on: 'orders_(\d+)'"
CSV = f"format: csv, {DATED}"
COLUMNS = "{ordered_at: Datum, net_amount: [Betrag, Summe], channel: Kanal}"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.declare(CSV, columns=COLUMNS)
    return shop


def deliver(shop: Shop, day: int, names: str, values: str = "1,2026-01-01,5") -> list[str]:
    """An extract of that day; what was warned of."""
    shop.write(f"orders_2026010{day}.csv", f"{names}\n{values}\n".encode())
    return warned(shop)


def warned(shop: Shop) -> list[str]:
    report = shop.load()
    assert not report.problems
    return [warning.message for warning in report.warnings]


def history(shop: Shop, *columns: str) -> list[tuple[Any, ...]]:
    """Days of every period of some columns: name, state, mapped to, first and last day."""
    return [(row["column_name"], row["state"], row["mapped_to"],
             row["first_extracted_on"].day, row["last_extracted_on"].day)
            for row in read_history(shop.zone) if row["column_name"] in columns or not columns]


def test_periods_of_a_column_follow_one_another(shop: Shop) -> None:
    deliver(shop, 1, "Nr,Datum,Betrag")
    deliver(shop, 2, "Nr,Datum,Betrag,Farbe", "1,2026-01-01,5,rot")
    deliver(shop, 3, "Nr,Datum,Summe,Kanal", "1,2026-01-01,5,web")
    deliver(shop, 4, "Nr,Farbe,Datum,Summe,Kanal", "1,rot,2026-01-01,5,web")
    assert history(shop) == [
        ("Betrag", "present", "net_amount", 1, 2),
        ("Betrag", "removed", "net_amount", 3, 4),
        ("Datum", "present", "ordered_at", 1, 4),
        ("Farbe", "new", "source_metadata", 2, 2),
        ("Farbe", "removed", "source_metadata", 3, 3),
        ("Farbe", "present", "source_metadata", 4, 4),
        ("Kanal", "missing", "channel", 1, 2),
        ("Kanal", "new", "channel", 3, 4),
        ("Nr", "present", "source_record_ref", 1, 4),
        ("Summe", "new", "net_amount", 3, 4),
    ]
    first, *_, last = read_history(shop.zone)
    assert (first["column_type"], first["position"], first["loads_count"]) == ("text", 3, 2)
    assert (first["is_current"], last["is_current"], last["position"]) == (False, True, 4)
    assert (last["first_file"], last["first_load_sequence"]) == ("orders_20260103.csv", 3)


def test_late_extracts_give_the_history_of_orderly_ones(shop: Shop, tmp_path: Path) -> None:
    extracts = {1: "Nr,Datum,Betrag", 2: "Nr,Datum,Betrag,Farbe", 3: "Nr,Datum,Betrag,Form"}
    late = Shop(tmp_path / "late")
    late.declare(CSV, columns=COLUMNS)
    for day in (1, 2, 3):
        deliver(shop, day, extracts[day], "1,2026-01-01,5,x"[:-2 if day == 1 else None])
    for day in (3, 1, 2):
        deliver(late, day, extracts[day], "1,2026-01-01,5,x"[:-2 if day == 1 else None])
    assert history(late) == history(shop)


def test_a_new_column_is_told_once(shop: Shop) -> None:
    """Not in a table's first extract, not again when it comes again, not when it is mapped."""
    with_color = ("Nr,Datum,Betrag,Kanal,Farbe", "1,2026-01-01,5,web,rot")
    assert deliver(shop, 1, "Nr,Datum,Betrag,Kanal,Form", "1,2026-01-01,5,web,rund") == []
    (warning,) = deliver(shop, 2, *with_color)
    assert warning == ("orders_20260102.csv: column Farbe is new in table pos.orders and is kept "
                       "in source_metadata; what shall be used is to be mapped in the declaration "
                       "(told once; `cx360 schema` lists all)")
    assert warned(shop) == []
    assert deliver(shop, 3, *with_color) == []
    assert deliver(shop, 4, "Nr,Datum,Betrag,Kanal", "1,2026-01-01,5,web") == []
    assert deliver(shop, 5, *with_color) == []
    shop.declare(CSV, columns=COLUMNS.replace("}", ", payment_method: Zahlung}"))
    assert not [line for line in deliver(
        shop, 6, "Nr,Datum,Betrag,Kanal,Zahlung", "1,2026-01-01,5,web,bar") if "is new" in line]


def test_a_killed_run_loses_neither_history_nor_warning(
    shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(shop, 1, "Nr,Datum,Betrag,Kanal", "1,2026-01-01,5,web")
    before = history(shop)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loading, "update_history", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver(shop, 2, "Nr,Datum,Betrag,Kanal,Farbe", "1,2026-01-01,5,web,rot")
    assert history(shop) == before
    (warning,) = warned(shop)
    assert "column Farbe is new" in warning
    assert history(shop, "Farbe") == [("Farbe", "new", "source_metadata", 2, 2)]
    shop.zone.schema_history_path.unlink()
    after = history(shop)
    warned(shop)
    assert history(shop, "Farbe") and not after


def test_another_declaration_tells_the_mapping_of_today(shop: Shop) -> None:
    deliver(shop, 1, "Nr,Datum,Betrag,Farbe", "1,2026-01-01,5,rot")
    shop.declare(CSV, columns=COLUMNS.replace("}", ", status: Farbe}"))
    warned(shop)
    assert history(shop, "Farbe") == [("Farbe", "present", "status", 1, 1)]


def test_loads_of_before_the_history_and_withdrawn_ones_do_not_count(shop: Shop) -> None:
    deliver(shop, 1, "Nr,Datum,Betrag,Farbe", "1,2026-01-01,5,rot")
    deliver(shop, 2, "Nr,Datum,Betrag,Form", "1,2026-01-01,5,rund")
    first, second = shop.zone.loads()
    shop.zone.set_states({first.load_id: ("withdrawn", "test")})
    warned(shop)
    assert history(shop, "Farbe", "Form") == [("Form", "present", "source_metadata", 2, 2)]
    assert first.schema_id != second.schema_id


def as_jsonl(record: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(record) + "\n")


def as_json(record: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps([record]))


def as_parquet(record: dict[str, Any], path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([record]), path)


def as_csv(record: dict[str, Any], path: Path) -> None:
    path.write_text(",".join(record) + "\n" + ",".join(map(str, record.values())) + "\n")


def as_excel(record: dict[str, Any], path: Path) -> None:
    path.write_bytes(workbook({"A": [list(record), list(record.values())]}))


@pytest.mark.parametrize(("format", "write", "types"), [
    ("csv", as_csv, ("text", "text")), ("excel", as_excel, ("text", "text")),
    ("jsonl", as_jsonl, ("number", "text")), ("json", as_json, ("number", "text")),
    ("parquet", as_parquet, ("int64", "string")),
])
def test_every_format_keeps_new_columns_and_tells_types(
    tmp_path: Path, format: str, write: Callable[[dict[str, Any], Path], None],
    types: tuple[str, str],
) -> None:
    """Both files are loaded together, and each keeps what it says: 007 is no 7."""
    shop = Shop(tmp_path)
    shop.declare(f"format: {format}, {DATED}", columns="{ordered_at: Datum, channel: Kanal}")
    suffix = {"excel": "xlsx"}.get(format, format)
    record = {"Nr": 1, "Datum": "2026-01-01", "Kanal": 7}
    write(record, shop.extracts / f"orders_20260101.{suffix}")
    write(record | {"Kanal": "007", "Farbe": "rot"}, shop.extracts / f"orders_20260102.{suffix}")
    assert len(warned(shop)) == 1
    first, second = sorted(shop.zone.loads(), key=lambda load: load.file)
    assert [shop.rows("channel, source_metadata", load) for load in (first, second)] == [
        [("7", None)], [("007", '{"Farbe":"rot"}')]]
    told = [row["column_type"] for row in read_history(shop.zone) if row["column_name"] == "Kanal"]
    assert told == list(dict.fromkeys(types))
    assert history(shop, "Farbe") == [("Farbe", "new", "source_metadata", 2, 2)]


def test_files_of_other_types_are_not_read_as_one(tmp_path: Path) -> None:
    """The engine would read both as the numbers of the first, and 007 would be 7."""
    shop = Shop(tmp_path)
    shop.declare(f"format: parquet, {DATED}", columns="{ordered_at: Datum, channel: Kanal}")
    for day, channel in ((1, 7), (2, "007"), (3, 8)):
        as_parquet({"Nr": day, "Datum": "2026-01-01", "Kanal": channel},
                   shop.extracts / f"orders_2026010{day}.parquet")
    assert warned(shop) == []
    assert [shop.rows("channel", load) for load in shop.zone.loads()] == [
        [("7",)], [("007",)], [("8",)]]
    assert [(row["column_type"], row["state"], row["first_extracted_on"].day)
            for row in read_history(shop.zone) if row["column_name"] == "Kanal"] == [
        ("int64", "present", 1), ("string", "present", 2), ("int64", "present", 3)]


def test_files_of_keys_say_nothing_of_the_schema(shop: Shop) -> None:
    deliver(shop, 1, "Nr,Datum,Betrag,Kanal", "1,2026-01-01,5,web")
    assert deliver(shop, 2, "Nr,cx360_deleted", "1,true") == []
    assert history(shop) == [(name, "present", mapped, 1, 1) for name, mapped in (
        ("Betrag", "net_amount"), ("Datum", "ordered_at"), ("Kanal", "channel"),
        ("Nr", "source_record_ref"))]


def test_a_document_whose_keys_are_data_does_not_flood_the_history(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.declare(f"format: jsonl, {DATED}", columns="{ordered_at: Datum}")
    as_jsonl({"Nr": 1, "Datum": "2026-01-01"} | {f"k{i}": i for i in range(MOST_COLUMNS)},
             shop.extracts / "orders_20260101.jsonl")
    assert warned(shop) == []
    assert history(shop) == [("Datum", "present", "ordered_at", 1, 1),
                             ("Nr", "present", "source_record_ref", 1, 1)]


def test_a_missing_key_column_stops_its_table_and_the_others_go_on(
    shop: Shop, tmp_path: Path,
) -> None:
    (shop.sources / "till.yml").write_text(
        "tables:\n  - {entity: pos.stores, files: stores.csv, key: id, columns: {city: Ort}}\n")
    shop.write("stores.csv", b"id,Ort\n1,Bonn\n")
    deliver(shop, 1, "Nr,Datum,Betrag")
    shop.write("orders_20260102.csv", b"Nummer,Datum,Betrag\n1,2026-01-01,5\n")
    shop.write("stores.csv", b"id,Ort\n1,Kiel\n")
    report = shop.load()
    assert [(load.source_system, load.rows_accepted) for load in report.loaded] == [("till", 1)]
    (problem,) = report.problems
    assert "column Nr is missing; the file has Betrag, Datum, Nummer." in problem.message
    assert history(shop, "Nr", "Nummer") == [("Nr", "present", "source_record_ref", 1, 1)]


def test_the_history_has_its_columns_before_anything_is_loaded(shop: Shop) -> None:
    shutil.rmtree(shop.zone.path, ignore_errors=True)
    shop.load()
    assert pq.read_schema(shop.zone.schema_history_path) == SCHEMA
    assert not list(shop.zone.path.glob("_schemas/*"))
    shape = Shapes(shop.zone.path)
    deliver(shop, 1, "Nr,Datum,Betrag")
    (load,) = shop.zone.loads()
    assert [column.name for column in shape.read(load.schema_id).columns] == [
        "Nr", "Datum", "Betrag", "Kanal"]


def test_json_files_read_together_are_checked_one_by_one(tmp_path: Path) -> None:
    """What one lacks is not made up for by another; what they all lack is told once."""
    shop = Shop(tmp_path)
    shop.declare(f"format: jsonl, {DATED}", columns="{ordered_at: Datum, channel: Kanal}")
    whole = {"Nr": 1, "Datum": "2026-01-01", "Kanal": "web"}
    for day, record in enumerate((
            whole, {"Nr": 2, "cx360_deleted": True}, {"Nr": 3, "Datum": "2026-01-01"},
            {"Nr": 4, "Datum": "2026-01-01"}), 1):
        as_jsonl(record, shop.extracts / f"orders_2026010{day}.jsonl")
    report = shop.load()
    assert [load.file for load in report.loaded if not load.schema_id] == ["orders_20260102.jsonl"]
    assert [warning.message for warning in report.warnings] == [
        "orders_20260103.jsonl: column Kanal is missing, channel stays empty"]
    as_jsonl(whole, shop.extracts / "orders_20260105.jsonl")
    as_jsonl(whole | {"Nr": None}, shop.extracts / "orders_20260106.jsonl")
    as_jsonl({"Nummer": 7, "Datum": "2026-01-01", "Kanal": "web"},
             shop.extracts / "orders_20260107.jsonl")
    as_jsonl({"Nr": 8, "Kanal": "web"}, shop.extracts / "orders_20260108.jsonl")
    report = shop.load()
    assert [load.file for load in report.loaded] == [
        "orders_20260105.jsonl", "orders_20260106.jsonl"]
    assert [problem.message.split(";")[0] for problem in report.problems] == [
        "orders_20260107.jsonl: column Nr is missing",
        "orders_20260108.jsonl: column Datum is missing"]


def test_a_header_that_ran_into_a_record_names_nobody(tmp_path: Path) -> None:
    """Found by the fuzz run: a damaged line break made a person's name that of a new column."""
    shop = Shop(tmp_path)
    shop.declare(CSV, columns="{ordered_at: Datum, net_amount: Betrag, channel: Kanal,"
                              " email: Mail, currency: Geld, shipping_amount: Porto}")
    deliver(shop, 1, "Nr,Datum,Betrag,Kanal,Mail,Geld,Porto", "1,2026-01-01,5,web,,EUR,1")
    said = deliver(shop, 2, "Nr,Datum,Betrag,eva@example.org,EUR,4.9,1,rot",
                   "2,2026-01-01,5,eva@example.org,EUR,4.9,1,rot")
    assert not any("eva@" in one for one in said)
    assert "its first line may be no header" in " ".join(said)
    assert "eva@" not in str(history(shop))
    assert [row[0] for row in history(shop, "Nr", "Datum")] == ["Datum", "Nr"]
    assert "eva@example.org" in str(shop.rows("source_metadata", shop.zone.loads()[-1]))


def test_a_header_with_values_in_it_names_nobody(tmp_path: Path) -> None:
    """Most of the declared columns are there all the same; what is new may be a name."""
    shop = Shop(tmp_path)
    shop.declare(CSV, columns=COLUMNS)
    deliver(shop, 1, "Nr,Datum,Betrag,Kanal", "1,2026-01-01,5,web")
    said = deliver(shop, 2, "Nr,Datum,Betrag,Ka1,2026-01-01,4.9,Eva", "2,2026-01-02,5,web,,,")
    assert "its first line may be no header" in " ".join(said)
    assert "Eva" not in " ".join(said) + str(history(shop))
    said = deliver(shop, 4, "Nr,Datum,Betrag,Kanal,No\u0a001,Eva", "4,2026-01-02,5,web,,")
    assert "Eva" not in " ".join(said) + str(history(shop))
    said = deliver(shop, 3, "Nr,Datum,Betrag,Kanal,2025", "3,2026-01-01,5,web,7")
    assert ["column 2025 is new" in one for one in said] == [True]  # every declared one is there
