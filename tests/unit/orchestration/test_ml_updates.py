"""Tables in parts: an update gives what writing whole gives, and costs what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration import ml_tables, ml_updates
from orchestration.ml_parts import list_files, read_part_list
from orchestration.ml_tables import Written, ml_relation, prepare_ml_tables, write_ml_table
from orchestration.ml_updates import Update, remove_replaced_parts, update_ml_tables
from orchestration.settings import Settings

KEYS = [f"{number:032x}" for number in range(10)]
TABLE = "customer_records"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(ml_updates, "PART_ROWS", 2)
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    return settings


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the row rules judged, update by update."""
    counts: list[int] = []
    real = ml_updates.validate_table

    def counting(table: Any, chunks: Any, *others: Any, **options: Any) -> Any:
        seen = list(chunks)
        counts.append(sum(map(len, seen)))
        return real(table, seen, *others, **options)

    monkeypatch.setattr(ml_updates, "validate_table", counting)
    return counts


def records(*keys: str, rule: str = "email", **broken: Any) -> pd.DataFrame:
    frame = pd.DataFrame({
        "record_key": list(keys), "customer_id": KEYS[0], "is_senior": False,
        "match_rule": rule, "match_score": 1.0, "household_key": None})
    return frame.astype({"record_key": "str", "household_key": "str"}).assign(**broken)


def change(
    settings: Settings, fresh: pd.DataFrame, *gone: str, expected: list[str] | None = None,
    **options: bool,
) -> Written:
    """Update the table by fresh rows and the keys that are gone."""
    with duckdb.connect() as con:
        for name, frame in (("fresh", fresh), ("gone", records(*gone)),
                            ("expected", records(*(expected or [])))):
            con.register(name, frame)
        (written,) = update_ml_tables(settings, con, [Update(
            TABLE, "record_key", "gone", "fresh", None if expected is None else "expected")],
            **options)
    return written


def stored(settings: Settings, column: str = "record_key") -> list[str]:
    with duckdb.connect() as con:
        return [value for value, in con.execute(
            f"select {column} from {ml_relation(settings, TABLE)} order by record_key").fetchall()]


def files(settings: Settings) -> list[str]:
    return [file.stem for file in list_files(settings.ml_path, TABLE)]


def test_only_parts_that_lose_a_row_are_written_anew(
    settings: Settings, judged: list[int],
) -> None:
    change(settings, records(*KEYS[:6]))
    assert files(settings) == ["000001", "000002", "000003"]
    change(settings, records(KEYS[8]))
    assert files(settings) == ["000001", "000002", "000003", "000004"]
    written = change(settings, records(KEYS[2], KEYS[9], rule="phone"), KEYS[2], KEYS[4], KEYS[7])
    assert written.rows == 7
    assert files(settings) == ["000001", "000004", "000005", "000006"]
    assert stored(settings) == [KEYS[number] for number in (0, 1, 2, 3, 5, 8, 9)]
    assert stored(settings, "match_rule") == [
        "email", "email", "phone", "email", "email", "email", "phone"]
    change(settings, records())
    assert files(settings) == ["000001", "000004", "000005", "000006"]
    assert judged == [6, 1, 2, 0]


def test_many_small_parts_become_full_ones(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ml_updates, "PART_ROWS", 4)
    monkeypatch.setattr(ml_updates, "MOST_SMALL_PARTS", 2)
    change(settings, records(*KEYS[:4]))
    for key in KEYS[4:7]:
        change(settings, records(key))
    assert files(settings) == ["000001", "000002", "000003", "000004"]
    change(settings, records(KEYS[7]))
    assert files(settings) == ["000001", "000005"]
    assert stored(settings) == KEYS[:8]


def test_a_table_that_lost_all_rows_keeps_its_columns(settings: Settings) -> None:
    change(settings, records(*KEYS[:3]))
    assert change(settings, records(), *KEYS).rows == 0
    assert stored(settings) == []


@pytest.mark.parametrize(("fresh", "gone", "rule"), [
    (records(KEYS[4], match_score=1.5), (), "match_score"),
    (records("not a key"), (), "record_key"),
    (records(KEYS[4], KEYS[4]), (), "unique_key"),
    (records(KEYS[0]), (), "unique_key"),  # beside a row of a part that stays
    (records(KEYS[1]), (KEYS[0],), "unique_key"),  # beside a row of a part written anew
    (records(), (KEYS[0],), "complete_keys"),
    (records(KEYS[4]), (KEYS[0],), "complete_keys"),
])
def test_a_bad_update_leaves_the_table_as_it_was(
    settings: Settings, fresh: pd.DataFrame, gone: tuple[str, ...], rule: str,
) -> None:
    change(settings, records(*KEYS[:3]))
    before = read_part_list(settings.ml_path)
    for _ in range(2):  # what was refused is not remembered as good
        written = change(settings, fresh, *gone, expected=KEYS[:3])
        assert rule in " ".join(f"{f.rule} {f.column}" for f in written.verdict.failures)
        assert read_part_list(settings.ml_path) == before
        assert stored(settings) == KEYS[:3]
    rejected = [file for file in (settings.ml_path / TABLE).iterdir()
                if file.suffix == ".rejected"]
    assert len(rejected) > 0 or fresh.empty
    assert change(settings, records(KEYS[4]), KEYS[0], expected=KEYS[1:3]).verdict.passed
    assert stored(settings) == [KEYS[1], KEYS[2], KEYS[4]]


def test_tables_come_into_place_together_or_not_at_all(settings: Settings) -> None:
    bad = pd.DataFrame({"record_key": ["no key"], "customer_id": KEYS[0], "alias_id": KEYS[1]})
    alias = ml_tables.TABLES["customer_aliases"]
    with duckdb.connect() as con:
        con.register("fresh", records(*KEYS[:2]))
        con.register("gone", records())
        con.register("bad", bad.reindex(columns=[column.name for column in alias.columns]))
        con.execute("create view nothing as select * from bad limit 0")
        updates = [Update(TABLE, "record_key", "gone", "fresh"),
                   Update("customer_aliases", alias.key[0], "nothing", "bad")]
        passed = [one.verdict.passed for one in update_ml_tables(settings, con, updates)]
        assert passed == [True, False]
        assert stored(settings) == []
        update_ml_tables(settings, con, updates[:1], place=False)
        assert stored(settings) == []
        update_ml_tables(settings, con, updates[:1])
    assert stored(settings) == KEYS[:2]


def test_all_rows_are_judged_where_another_suite_passed_them_or_a_file_was_changed(
    settings: Settings, judged: list[int], monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(settings, records(*KEYS[:4]))
    change(settings, records(KEYS[4]))
    monkeypatch.setattr(ml_tables, "code_version", lambda folders: "other expectations")
    change(settings, records(KEYS[5]))
    change(settings, records(KEYS[6]))
    first = list_files(settings.ml_path, TABLE)[0]
    records(KEYS[0], match_score=7.0).to_parquet(first)
    assert not change(settings, records(KEYS[7])).verdict.passed
    assert judged == [4, 1, 6, 1, 7]


def test_what_was_replaced_stays_readable_until_the_next_update(settings: Settings) -> None:
    change(settings, records(*KEYS[:2]))
    (replaced,) = list_files(settings.ml_path, TABLE)
    change(settings, records(KEYS[1], rule="phone"), KEYS[1])
    assert replaced.exists() and list_files(settings.ml_path, TABLE) != [replaced]
    change(settings, records())
    assert not replaced.exists()


def test_after_a_run_nothing_lies_beside_the_listed_parts(settings: Settings) -> None:
    change(settings, records(*KEYS[:4]))
    change(settings, records(KEYS[0], rule="phone"), KEYS[0])
    folder = settings.ml_path / TABLE
    assert {file.stem for file in folder.iterdir()} > set(files(settings))
    remove_replaced_parts(settings)
    assert {file.stem for file in folder.iterdir()} == set(files(settings))
    assert stored(settings) == KEYS[:4]


def test_a_table_written_whole_takes_the_place_of_its_parts(settings: Settings) -> None:
    change(settings, records(*KEYS[:3]))
    write_ml_table(settings, TABLE, [records(KEYS[5])])
    assert stored(settings) == [KEYS[5]]
    change(settings, records(KEYS[6]))
    assert stored(settings) == [KEYS[6]]
    prepare_ml_tables(settings)
    assert stored(settings) == [KEYS[6]]


@pytest.mark.parametrize("spoil", [
    lambda file: file.unlink(),
    lambda file: file.write_bytes(file.read_bytes()[:-1]),
], ids=["lost", "shortened"])
def test_a_table_with_a_spoilt_part_is_concluded_anew(settings: Settings, spoil: Any) -> None:
    change(settings, records(*KEYS[:4]))
    prepare_ml_tables(settings)
    assert stored(settings) == KEYS[:4]
    spoil(list_files(settings.ml_path, TABLE)[1])
    prepare_ml_tables(settings)
    assert stored(settings) == []
    change(settings, records(*KEYS[2:4]))
    assert stored(settings) == KEYS[2:4]


def test_from_nothing_a_table_holds_the_fresh_rows_only(settings: Settings) -> None:
    change(settings, records(*KEYS[:4]))
    change(settings, records(*KEYS[3:6]), from_nothing=True)
    assert stored(settings) == KEYS[3:6]
