"""A broken model never takes the place of the last good table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from models_ml.tables import TABLES
from orchestration.ml_tables import arrow_schema, ml_file, prepare_ml_tables, write_ml_table
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
    return pq.read_table(ml_file(settings, TABLE)).column("record_key").to_pylist()


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
