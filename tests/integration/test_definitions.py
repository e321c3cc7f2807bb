"""The code location: what a person sees in the Dagster UI is whole and explained."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from ingestion.contract import ENTITIES
from models_ml.tables import TABLES
from orchestration.publisher import Snapshot
from orchestration.run import STEPS


@pytest.fixture(scope="module")
def location(parsed_project: Path) -> dg.Definitions:
    from orchestration.definitions import defs

    return defs()


@pytest.fixture(scope="module")
def specs(location: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in location.resolve_all_asset_specs()
            if spec.key in defined(location)}


def defined(definitions: dg.Definitions) -> set[dg.AssetKey]:
    return set(definitions.get_repository_def().asset_graph.materializable_asset_keys)


def dangling(definitions: dg.Definitions) -> set[dg.AssetKey]:
    """Keys that something depends on and nothing makes; Dagster says nothing about them."""
    return set(definitions.get_repository_def().asset_graph.get_all_asset_keys()) - defined(
        definitions)


def test_a_wrong_dependency_would_be_found() -> None:
    @dg.asset(deps=[["raw", "misspelt"]])
    def mart() -> None: ...

    assert dangling(dg.Definitions(assets=[mart])) == {dg.AssetKey(["raw", "misspelt"])}


def test_no_dependency_dangles(location: dg.Definitions) -> None:
    assert dangling(location) == set()


def test_the_alert_step_declares_what_its_queries_read() -> None:
    from orchestration import alert_queries
    from orchestration.defs.analytics import ALERTS

    queries = Path(alert_queries.__file__).read_text(encoding="utf-8")
    read = set(re.findall(r"\b(intermediate|staging|seeds)\.(\w+)", queries))
    assert {("intermediate", model) for model in ALERTS.reads} | {
        asset for asset in ALERTS.others if asset[0] != "ml"} == read


def test_every_raw_and_ml_table_is_an_asset(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    expected = {("raw", entity.table) for entity in ENTITIES.values()}
    expected |= {("ml", table) for table in TABLES} | {("published", "snapshot")}
    assert expected <= {tuple(key.path) for key in specs}
    assert {key.path[0] for key in specs} == {
        "raw", "seeds", "staging", "intermediate", "ml", "marts", "reporting", "published"}


@pytest.mark.parametrize("missing", ["description", "owners", "kinds", "group_name"])
def test_every_asset_is_explained(
    specs: dict[dg.AssetKey, dg.AssetSpec], missing: str,
) -> None:
    assert [key.to_user_string() for key, spec in specs.items() if not getattr(spec, missing)] == []


def test_no_asset_is_in_the_default_group(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert [key.to_user_string() for key, spec in specs.items()
            if spec.group_name in (None, "default")] == []


def test_the_description_of_a_table_begins_with_its_grain(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    assert [key.to_user_string() for key, spec in specs.items()
            if key.path[0] in ("marts", "reporting", "ml")
            and not (spec.description or "").startswith("One row per ")] == []


def test_the_job_is_the_whole_flow_in_this_process(location: dg.Definitions) -> None:
    job = location.resolve_job_def("refresh_customer_360")
    backfilled = dg.AssetKey(["raw", "extracts_by_date"])  # has partitions and runs apart
    assert set(job.asset_layer.executable_asset_keys) == defined(location) - {backfilled}
    assert {node.name for node in job.nodes} == set(STEPS)
    assert job.executor_def.name == "in_process"


def test_runs_start_daily_and_on_new_extracts(location: dg.Definitions) -> None:
    repository = location.get_repository_def()
    (schedule,) = [one for one in repository.schedule_defs if one.name == "daily_refresh"]
    (sensor,) = [one for one in repository.sensor_defs if one.name == "new_extracts"]
    assert (schedule.name, schedule.job_name) == ("daily_refresh", "refresh_customer_360")
    assert schedule.cron_schedule == "0 5 * * *"
    assert sensor.job_name == "refresh_customer_360"


def test_suites_of_ml_tables_block_and_raw_tables_are_admitted(location: dg.Definitions) -> None:
    graph = location.get_repository_def().asset_graph
    checks = {(*key.asset_key.path, key.name): graph.get_check_spec(key)
              for key in graph.asset_check_keys}
    for table in TABLES:
        assert checks["ml", table, "suite"].blocking
        assert "unique" in (checks["ml", table, "suite"].description or "")
    for entity in ENTITIES.values():
        assert not checks["raw", entity.table, "admission"].blocking
        assert not checks["raw", entity.table, "extracts_readable"].blocking
        assert not checks["raw", entity.table, "arrival"].blocking
    laws = [name for *_, name in checks if name == "revenue_in_marts_is_revenue_in_raw"]
    assert len(laws) == 1


def test_raw_tables_have_a_freshness_policy(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert [entity.table for entity in ENTITIES.values()
            if specs[dg.AssetKey(["raw", entity.table])].freshness_policy is None] == []


def test_the_schedule_sends_what_was_not_sent_where_nothing_is_new(
    location: dg.Definitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orchestration.alert_messages import Sent
    from orchestration.defs import automation

    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    snapshot = Snapshot("00001", tmp_path, "", date(2026, 6, 30), {})
    asked = []
    monkeypatch.setattr(automation, "find_unchanged", lambda _: (snapshot, ()))
    monkeypatch.setattr(automation, "send_alerts", lambda _, as_of: asked.append(as_of) or Sent(
        {"webhook": 0}, ("1 new alerts were not sent",)))
    schedule = location.get_repository_def().get_schedule_def("daily_refresh")
    with dg.build_schedule_context() as context:
        data = schedule.evaluate_tick(context)
    assert not data.run_requests
    assert "not sent" in (data.skip_message or "")
    assert asked == [date(2026, 6, 30)]


def test_the_sensor_asks_once_for_the_same_extracts(
    location: dg.Definitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CX360_EXTRACTS", str(tmp_path))
    sensor = location.get_repository_def().get_sensor_def("new_extracts")

    def look(cursor: str | None) -> tuple[int, str | None]:
        with dg.build_sensor_context(cursor=cursor) as context:
            data = sensor.evaluate_tick(context)
        return len(data.run_requests or []), data.cursor

    (tmp_path / "orders.csv").write_text("1")
    asked, cursor = look(None)
    assert asked == 1
    assert look(cursor)[0] == 0
    (tmp_path / "orders.csv").write_text("12")
    assert look(cursor)[0] == 1


def test_the_schedule_runs_where_a_source_has_to_be_asked(
    location: dg.Definitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from orchestration.defs import automation

    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.yml").write_text(
        "connection: {kind: mysql, url_env: SHOP_URL}\ntables:\n"
        "  - {entity: pos.orders, table: orders, key: nr, columns: {ordered_at: at}}\n")
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CX360_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setattr(automation, "find_unchanged", lambda _: (
        Snapshot("00001", tmp_path, "", date(2026, 6, 30), {}), ()))
    monkeypatch.setattr(automation, "send_alerts", lambda *_: pytest.fail("no run was requested"))
    schedule = location.get_repository_def().get_schedule_def("daily_refresh")
    with dg.build_schedule_context() as context:
        assert len(schedule.evaluate_tick(context).run_requests or []) == 1
