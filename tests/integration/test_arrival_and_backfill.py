"""Checks of arrival in the UI, and a backfill of a range of dates in one run."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from ingestion.raw_zone import RawZone
from orchestration.run_lock import run_lock

DECLARATION = """
source: till
tables:
  - {entity: pos.orders, files: "orders*.csv", key: number, extracted_on: "_(.*)[.]csv",
     expected_every: 1d, columns: {ordered_at: at, net_amount: amount}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five daily files that nobody has loaded."""
    for folder in ("sources", "extracts", "dagster"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sources" / "till.yml").write_text(DECLARATION)
    for day in range(1, 6):
        (tmp_path / "extracts" / f"orders_2026-01-0{day}.csv").write_text(
            f"number,at,amount\n{day},2026-01-0{day} 10:00:00,1\n")
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CX360_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("CX360_EXTRACTS", str(tmp_path / "extracts"))
    return tmp_path / "home"


def backfill(first: int, last: int) -> dg.ExecuteInProcessResult:
    from orchestration.defs.backfill import extracts_by_date
    from orchestration.resources import resources

    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [extracts_by_date], instance=instance, resources={"run": resources()["run"]},
            tags={"dagster/asset_partition_range_start": f"2026-01-0{first}",
                  "dagster/asset_partition_range_end": f"2026-01-0{last}"})


def test_a_range_of_partitions_is_one_run(parsed_project: Path, home: Path) -> None:
    from orchestration.defs.backfill import extracts_by_date

    assert extracts_by_date.backfill_policy == dg.BackfillPolicy.single_run()
    result = backfill(2, 4)
    zone = RawZone(home / "raw")
    assert [(str(load.extracted_on), load.state) for load in zone.loads()] == [
        (f"2026-01-0{day}", "admitted") for day in (2, 3, 4)]
    metadata = result.asset_materializations_for_node("raw__extracts_by_date")[0].metadata
    assert metadata["loads"].value == 3
    with run_lock(home, wait=False):  # the run has given it back
        pass
    again = backfill(1, 2)
    metadata = again.asset_materializations_for_node("raw__extracts_by_date")[0].metadata
    assert (metadata["loads"].value, metadata["unchanged"].value) == (1, 1)


def test_whether_a_source_is_late_is_asked_of_the_clock_by_its_own_job_only(
    parsed_project: Path, home: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orchestration.definitions import defs
    from orchestration.defs.automation import late_today
    from orchestration.resources import resources

    location = defs()
    key = dg.AssetCheckKey(dg.AssetKey(["raw", "load_manifest"]), "arrival")
    assert location.resolve_job_def("check_arrivals").asset_layer.asset_graph.asset_check_keys == {
        key}
    whole = location.resolve_job_def("refresh_customer_360").asset_layer.asset_graph
    assert key not in whole.asset_check_keys
    backfill(1, 5)
    for strict, severity in (("", dg.AssetCheckSeverity.WARN),
                             ("true", dg.AssetCheckSeverity.ERROR)):
        monkeypatch.setenv("CX360_STRICT", strict)
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize([late_today], instance=instance, raise_on_error=False,
                                    resources={"run": resources()["run"]},
                                    selection=dg.AssetSelection.checks(late_today))
        (evaluation,) = result.get_asset_check_evaluations()
        assert result.success
        assert (evaluation.passed, evaluation.severity) == (False, severity)
        assert "last extract of 2026-01-05, expected every 1d" in (evaluation.description or "")


def test_a_late_source_fails_its_check_by_the_as_of_date_and_stops_nothing(
    parsed_project: Path, home: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orchestration.defs.ingest import raw_tables
    from orchestration.resources import resources

    for as_of, said in (("2026-01-06", ""), (
            "2026-01-09", "till pos.orders: last extract of 2026-01-05, expected every 1d, on "
                          "2026-01-09 3 days late")):
        monkeypatch.setenv("CX360_AS_OF", as_of)
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [raw_tables], instance=instance, resources={"run": resources()["run"]})
        checks = {(key.asset_key.path[-1], key.check_name): key
                  for key in result.get_asset_check_evaluations()}
        assert result.success
        found = checks["pos_orders", "arrival"]
        assert (found.passed, found.description or "") == (not said, said)
        assert checks["crm_customers", "arrival"].passed
        assert not found.blocking
