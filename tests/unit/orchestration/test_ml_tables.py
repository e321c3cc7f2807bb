"""A broken model never takes the place of the last good table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from models_ml.tables import TABLES
from orchestration import ml_tables
from orchestration.ml_tables import (
    Changes,
    Written,
    arrow_schema,
    copy_ml_table,
    draft_ml_table,
    ml_file,
    place_ml_table,
    prepare_ml_tables,
    write_ml_table,
)
from orchestration.settings import Settings

KEYS = [f"{number:032x}" for number in range(4)]
TABLE = "customer_records"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    return settings


def records(*keys: str, **broken: Any) -> pd.DataFrame:
    frame = pd.DataFrame({
        "record_key": list(keys), "customer_id": KEYS[0], "is_senior": False,
        "match_rule": "email", "match_score": 1.0, "household_key": None})
    return frame.assign(**broken)


def stored(settings: Settings) -> list[str]:
    return sorted(pq.read_table(ml_file(settings, TABLE)).column("record_key").to_pylist())


def test_every_table_has_a_typed_file_without_rows(settings: Settings) -> None:
    for name, table in TABLES.items():
        found = pq.read_table(ml_file(settings, name))
        assert found.num_rows == 0
        assert found.schema.equals(arrow_schema(table))


def test_what_an_older_version_wrote_with_other_columns_is_concluded_anew(
    settings: Settings,
) -> None:
    write_ml_table(settings, TABLE, [records(KEYS[0])])
    prepare_ml_tables(settings)
    assert stored(settings) == KEYS[:1]
    pd.DataFrame({"record_key": KEYS}).to_parquet(ml_file(settings, TABLE))
    prepare_ml_tables(settings)
    assert stored(settings) == []
    assert pq.read_schema(ml_file(settings, TABLE)).equals(arrow_schema(TABLES[TABLE]))


def test_a_good_table_replaces_the_last_one(settings: Settings) -> None:
    write_ml_table(settings, TABLE, [records(KEYS[0])])
    written = write_ml_table(settings, TABLE, [records(KEYS[1]), records(*KEYS[2:])])
    assert (written.rows, written.verdict.passed) == (3, True)
    assert stored(settings) == KEYS[1:]


@pytest.mark.parametrize(("bad", "rule"), [
    (records(KEYS[1], KEYS[1]), "unique_key"),
    (records(KEYS[1], match_score=1.5), "match_score"),
    (records("not a key"), "record_key"),
    (records(KEYS[1], customer_id=None), "customer_id"),
])
def test_a_bad_table_does_not_replace_the_last_good_one(
    settings: Settings, bad: pd.DataFrame, rule: str,
) -> None:
    write_ml_table(settings, TABLE, [records(KEYS[0])])
    written = write_ml_table(settings, TABLE, [bad])
    assert not written.verdict.passed
    assert rule in " ".join(f"{f.rule} {f.column}" for f in written.verdict.failures)
    assert stored(settings) == [KEYS[0]]
    assert pq.read_table(ml_file(settings, TABLE).with_suffix(".rejected")).num_rows == len(bad)


def test_a_table_must_cover_what_the_step_was_given(settings: Settings, tmp_path: Path) -> None:
    expected = tmp_path / "expected.parquet"
    pd.DataFrame({"record_key": KEYS[:2]}).to_parquet(expected)
    half = write_ml_table(settings, TABLE, [records(KEYS[0])], expected=expected)
    assert [failure.rule for failure in half.verdict.failures] == ["complete_keys"]
    assert stored(settings) == []
    assert write_ml_table(
        settings, TABLE, [records(*KEYS[:2])], expected=expected).verdict.passed


def test_drafts_are_judged_and_stay_beside_the_last_good_ones_until_they_are_placed(
    settings: Settings,
) -> None:
    write_ml_table(settings, TABLE, [records(KEYS[0])])
    alias = pd.DataFrame({"alias_customer_id": ["b"], "customer_id": [None]})
    with duckdb.connect() as con:
        drafts = [draft_ml_table(settings, TABLE, [records(KEYS[1])], con),
                  draft_ml_table(settings, "customer_aliases", [alias], con)]
    verdicts = [draft.verdict.result().passed for draft in drafts]
    assert (verdicts, stored(settings)) == ([True, False], [KEYS[0]])
    for draft in drafts:
        place_ml_table(settings, draft)
    assert stored(settings) == [KEYS[1]]
    assert pq.read_table(ml_file(settings, "customer_aliases")).num_rows == 0


def test_a_step_that_breaks_half_way_leaves_the_last_good_one(settings: Settings) -> None:
    def parts() -> Iterator[pd.DataFrame]:
        yield records(KEYS[1])
        raise ZeroDivisionError

    write_ml_table(settings, TABLE, [records(KEYS[0])])
    with pytest.raises(ZeroDivisionError):
        write_ml_table(settings, TABLE, parts())
    prepare_ml_tables(settings)
    assert stored(settings) == [KEYS[0]]
    assert list(settings.ml_path.glob("*.tmp")) == []


NOTHING = records()


def copy_changed(
    settings: Settings, rows: pd.DataFrame, former: pd.DataFrame, fresh: pd.DataFrame,
) -> Written:
    """Write a table of which the caller says what changed since it last passed."""
    with duckdb.connect() as con:
        for name, frame in (("rows_now", rows), ("former", former), ("fresh", fresh)):
            con.register(name, frame)
        return copy_ml_table(settings, TABLE, con, "rows_now", changes=Changes("former", "fresh"))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the row rules judged, table by table."""
    counts: list[int] = []
    real = ml_tables.validate_table

    def counting(table: Any, chunks: Iterator[pd.DataFrame], *others: Any, **options: Any) -> Any:
        seen = list(chunks)
        counts.append(sum(map(len, seen)))
        return real(table, seen, *others, **options)

    monkeypatch.setattr(ml_tables, "validate_table", counting)
    return counts


def test_only_changed_rows_are_judged_again(settings: Settings, judged: list[int]) -> None:
    copy_changed(settings, records(*KEYS[:3]), NOTHING, NOTHING)
    moved = records(KEYS[0], match_rule="phone")
    now = pd.concat([records(KEYS[1]), moved])
    written = copy_changed(settings, now, records(KEYS[0], KEYS[2]), moved)
    assert judged == [3, 1]
    assert (written.verdict.passed, written.rows) == (True, 2)
    assert stored(settings) == KEYS[:2]
    copy_changed(settings, now, NOTHING, NOTHING)
    assert judged == [3, 1, 0]


@pytest.mark.parametrize(("fresh", "rule"), [
    (records(KEYS[1], match_score=1.5), "match_score"),
    (records("not a key"), "record_key"),
    (records(KEYS[1], match_rule="guess"), "match_rule"),
    (records(KEYS[0]), "unique_key"),  # beside a row that is not judged again
])
def test_a_broken_row_among_the_changed_ones_blocks_and_is_not_forgotten(
    settings: Settings, judged: list[int], fresh: pd.DataFrame, rule: str,
) -> None:
    copy_changed(settings, records(KEYS[0]), NOTHING, NOTHING)
    now = pd.concat([records(KEYS[0]), fresh])
    for said in (fresh, NOTHING):  # the next run knows of no change
        written = copy_changed(settings, now, NOTHING, said)
        assert rule in " ".join(f"{f.rule} {f.column}" for f in written.verdict.failures)
        assert stored(settings) == [KEYS[0]]
    assert judged == [1, 1, 2]


def test_all_rows_are_judged_where_another_suite_passed_them(
    settings: Settings, judged: list[int], monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy_changed(settings, records(*KEYS[:2]), NOTHING, NOTHING)
    monkeypatch.setattr(ml_tables, "code_version", lambda folders: "other expectations")
    copy_changed(settings, records(*KEYS[:2]), NOTHING, NOTHING)
    monkeypatch.setattr(ml_tables, "row_rules", lambda table: ())
    copy_changed(settings, records(*KEYS[:2]), NOTHING, NOTHING)
    assert judged == [2, 2, 2]


@pytest.mark.parametrize(("now", "former", "fresh"), [
    (records(KEYS[0], match_score=7.0), NOTHING, NOTHING),  # a change that nobody told
    (records(*KEYS[:2]), NOTHING, records(KEYS[2])),
    (records(KEYS[0]), records(KEYS[1]), NOTHING),
    (records(*KEYS[:2]), records(KEYS[0]), records(KEYS[1])),
])
def test_what_is_said_to_have_changed_is_not_believed_without_proof(
    settings: Settings, judged: list[int], now: pd.DataFrame, former: pd.DataFrame,
    fresh: pd.DataFrame,
) -> None:
    copy_changed(settings, records(KEYS[0]), NOTHING, NOTHING)
    written = copy_changed(settings, now, former, fresh)
    assert judged == [1, len(now)]
    assert written.verdict.passed == (now["match_score"] <= 1).all()
