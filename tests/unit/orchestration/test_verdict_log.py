"""Data Docs are made of what counts now, and only when a verdict has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ingestion.raw_zone import Load
from orchestration import data_docs
from orchestration.data_docs import collect_validations, generate_data_docs
from orchestration.settings import Settings
from orchestration.verdict_log import VerdictLog

AS_OF = date(2026, 6, 30)
LOAD = Load(
    load_id="a", load_sequence=1, source_system="till", label="orders", entity="pos.orders",
    table="pos_orders", file="orders.csv", content_hash="", declaration_version="", rows_read=1,
    rows_accepted=1, rows_rejected=0, rows_repeated=0, extracted_on=None, first_event_at=None,
    last_event_at=None, expected_every="", may_be_empty=False, state="admitted",
    reason="", files=())
BAD = replace(LOAD, load_id="b", state="quarantined", reason="too many rejects.")


@pytest.fixture
def log(tmp_path: Path) -> VerdictLog:
    log = VerdictLog(tmp_path / "state" / "verdicts")
    log.record("raw.pos_orders", {"a": {"rows_read": 1}, "b": {"rows_read": 9}})
    return log


def test_a_verdict_is_remembered_until_the_load_is_judged_anew(log: VerdictLog) -> None:
    log.record("raw.pos_orders", {"b": {"rows_read": 3, "new_count": 0}})
    expected = pd.DataFrame({"rows_read": [1.0, 3.0], "new_count": [None, 0.0]}, index=["a", "b"])
    pd.testing.assert_frame_equal(log.read("raw.pos_orders"), expected)
    assert log.read("raw.pos_stores").empty
    assert [path.name for path in log.path.iterdir()] == ["raw.pos_orders.parquet"]


def test_loads_in_force_are_shown_with_what_is_in_quarantine(log: VerdictLog) -> None:
    (orders,) = collect_validations(log, [LOAD, BAD])
    assert (orders.table, orders.judged) == ("raw.pos_orders", "2 loads, 1 in quarantine")
    assert orders.failures == ("load b: too many rejects.",)
    assert list(orders.metrics["rows_read"]) == [1, 9]


@pytest.mark.parametrize("state", ["withdrawn", "superseded", "staged"])
def test_other_loads_are_not_shown(log: VerdictLog, state: str) -> None:
    gone = replace(BAD, state=state)  # type: ignore[arg-type]
    (orders,) = collect_validations(log, [LOAD, gone])
    assert (orders.judged, orders.failures) == ("1 load", ())
    assert list(orders.metrics.index) == ["a"]


def test_a_table_without_numbers_is_left_out(log: VerdictLog) -> None:
    assert collect_validations(log, [replace(LOAD, load_id="judged long ago")]) == []


def test_few_failures_of_many_are_told(log: VerdictLog) -> None:
    many = [replace(BAD, load_id=f"b{number}") for number in range(30)]
    (orders,) = collect_validations(log, [LOAD, *many])
    assert len(orders.failures) == 21
    assert orders.failures[-1] == "pos_orders: 10 more loads in quarantine"


def test_an_ml_table_is_shown_as_last_written(log: VerdictLog) -> None:
    log.record("ml.identity_edges", {"identity_edges": {"row_count": 1234}})
    (edges,) = collect_validations(log, [])
    assert (edges.table, edges.judged) == ("ml.identity_edges", "1,234 rows")


def test_pages_are_made_anew_only_when_a_verdict_changed(
    log: VerdictLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[Path] = []

    def write(folder: Path, validations: object, *, as_of: date) -> None:
        folder.mkdir(parents=True)
        written.append(folder)

    monkeypatch.setattr(data_docs, "write_data_docs", write)
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path, extracts=tmp_path)
    first = generate_data_docs(settings, [LOAD], AS_OF)
    assert generate_data_docs(settings, [LOAD], AS_OF) == first
    assert len(written) == 1
    log.record("raw.pos_orders", {"a": {"rows_read": 2}})
    second = generate_data_docs(settings, [LOAD], AS_OF)
    assert second != first
    assert [path.name for path in (tmp_path / "data_docs").iterdir()] == [second.name]
    assert len(written) == 2
