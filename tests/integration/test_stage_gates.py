"""The gates between stages: what fails blocks everything below, in this run and in later ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest
from company import Company

from models_ml import identity
from orchestration import (
    alert_step,
    driver_step,
    impact_step,
    improvement_step,
    recommendation_step,
    segment_step,
    silence_step,
    suppression_step,
    value_step,
)
from orchestration.audit import STAGES, Audit
from orchestration.defs.analytics import (
    ALERTS,
    DRIVERS,
    IDENTITY,
    IMPACT,
    IMPROVEMENTS,
    OFFERS,
    SEGMENTS,
    SILENCE,
    SUPPRESSIONS,
    TEXTS,
    VALUE,
    MlStep,
)
from orchestration.ml_parts import list_files
from orchestration.text_readers import TextReaders

SNAPSHOT = dg.AssetKey(["published", "snapshot"])
CUSTOMERS = dg.AssetKey(["marts", "customers"])
HOLIDAYS = dg.AssetKey(["ml", "public_holidays"])


def keys(step: MlStep) -> list[dg.AssetKey]:
    """The ML tables of a step."""
    return [dg.AssetKey(["ml", table]) for table in step.tables]


class Outcome:
    """What became of the steps of one run; one that was blocked is not among them."""

    def __init__(self, result: dg.ExecuteInProcessResult) -> None:
        self.success = result.success
        kinds = {dg.DagsterEventType.STEP_SUCCESS: "passed",
                 dg.DagsterEventType.STEP_FAILURE: "failed"}
        self.steps = {event.step_key: kinds[event.event_type] for event in result.all_events
                      if event.event_type in kinds}
        self.failed_checks = [
            ("/".join(check.asset_key.path), check.check_name)
            for check in result.get_asset_check_evaluations() if not check.passed]
        self.error = "\n".join(str(event.step_failure_data.error) for event in result.all_events
                               if event.event_type == dg.DagsterEventType.STEP_FAILURE)


Materialise = Callable[..., Outcome]


@pytest.fixture
def materialise(copy: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Materialise]:
    """Materialise assets of the copied home in this process, as the UI would."""
    for name, value in copy.environment.items():
        monkeypatch.setenv(name, value)
    from orchestration.definitions import defs

    job = defs().resolve_job_def("refresh_customer_360")

    def run(*keys: dg.AssetKey) -> Outcome:
        with dg.DagsterInstance.ephemeral() as instance:
            return Outcome(job.execute_in_process(
                asset_selection=list(keys), instance=instance, raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}))

    yield run
    for name in ("CX360_WAREHOUSE", "CX360_TARGET", "DBT_SEND_ANONYMOUS_USAGE_STATS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def keys_of(parsed_project: Path) -> Callable[[str], list[dg.AssetKey]]:
    """Assets that a step materialises."""
    from orchestration.definitions import defs

    graph = defs().get_repository_def().asset_graph

    def keys(step: str) -> list[dg.AssetKey]:
        return [key for key in graph.materializable_asset_keys
                if graph.get(key).assets_def.node_def.name == step]

    return keys


def states(company: Company) -> dict[str, str]:
    return Audit(company.home / "state" / "stages.json").states()


def assert_refused(company: Company, materialise: Materialise, *keys: dg.AssetKey) -> None:
    """Later runs that materialise each of these alone are refused; the last snapshot stays."""
    for key in (*keys, SNAPSHOT):
        outcome = materialise(key)
        assert not outcome.success
        assert "GateClosed" in outcome.error
    (only,) = [path for path in company.published.iterdir() if not path.is_symlink()]
    assert company.snapshot.name == only.name
    assert only.name.startswith("00001-")


def test_python_to_dbt_a_bad_ml_table_blocks_marts_and_snapshot(
    copy: Company, materialise: Materialise, keys_of: Callable[[str], list[dg.AssetKey]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def table() -> list[bytes]:
        return [file.read_bytes() for file in list_files(copy.home / "ml", "feedback_sentiment")]

    good = table()
    rate = TextReaders.read_sentiment
    with monkeypatch.context() as broken:
        broken.setattr(TextReaders, "sentiment_versions", lambda *given: {"broken"})
        broken.setattr(TextReaders, "read_sentiment", lambda *given: {
            name: found.assign(polarity=7.0) for name, found in rate(*given).items()})
        outcome = materialise(*keys(TEXTS), *keys_of("build_marts_and_reporting"), SNAPSHOT)
    assert outcome.steps == {"analyse_texts": "failed"}
    assert outcome.failed_checks == [("ml/feedback_sentiment", "suite")]
    assert "polarity" in outcome.error
    assert table() == good
    assert states(copy)["texts"] == "failed"
    assert_refused(copy, materialise, CUSTOMERS)
    # Corrected and materialised again, the gate opens for the marts, not yet for the snapshot.
    assert materialise(*keys(TEXTS)).success
    assert states(copy)["texts"] == "passed"
    assert "marts (stale)" in materialise(SNAPSHOT).error


def far_from_nothing(assign: Any, con: Any, measured: Any, segments: Any, distances: Any) -> Any:
    return assign(con, measured, segments, distances - 100)


def certain_to_leave(score: Any, *given: Any) -> Any:
    return score(*given).assign(churn_probability=1.5)


def ranked_from_nought(find: Any, *given: Any) -> Any:
    for part in find(*given):
        yield part.assign(recommendation_rank=0)


def more_answers_than_invitations(correct: Any, *given: Any) -> Any:
    return correct(*given).assign(response_rate=1.5)


def more_than_certain(find: Any, *given: Any, **named: Any) -> Any:
    return find(*given, **named).assign(p_value=2.0)


def decided_in_the_header(read: Any, settings: Any) -> Any:
    return pd.DataFrame([("0" * 32, "*", None, date(2026, 1, 1), 1)],
                        columns=read(settings).columns)


def certain_without_an_interval(measure: Any, *given: Any) -> Any:
    return measure(*given).assign(verdict="certainly")


def fewer_answers_than_none(explain: Any, *given: Any) -> Iterator[Any]:
    for model, factors in explain(*given):
        yield {**model, "answers_count": -1}, factors


def days_of_less_than_nothing(tell: Any, *given: Any) -> Any:
    return tell(*given).assign(records_count=-1)


@pytest.mark.parametrize(("step", "module", "concludes", "wrongly", "table"), [
    (SEGMENTS, segment_step, "assign_customers", far_from_nothing, "customer_segments"),
    (VALUE, value_step, "score_histories", certain_to_leave, "customer_values"),
    (OFFERS, recommendation_step, "offer_new_products", ranked_from_nought,
     "product_recommendations"),
    (SUPPRESSIONS, suppression_step, "read_suppressions", decided_in_the_header,
     "contact_suppressions"),
    (SILENCE, silence_step, "correct_measure", more_answers_than_invitations,
     "nonresponse_corrections"),
    (IMPROVEMENTS, improvement_step, "find_root_causes", more_than_certain, "root_causes"),
    (IMPACT, impact_step, "measure_scores", certain_without_an_interval, "score_worth"),
    (DRIVERS, driver_step, "explain_outcome", fewer_answers_than_none, "driver_models"),
    (ALERTS, alert_step, "tell_days", days_of_less_than_nothing, "alert_series_days"),
], ids=lambda given: given.stage if isinstance(given, MlStep) else "")
def test_python_to_dbt_a_bad_conclusion_blocks_marts_and_snapshot(
    copy: Company, materialise: Materialise, keys_of: Callable[[str], list[dg.AssetKey]],
    monkeypatch: pytest.MonkeyPatch, step: MlStep, module: Any, concludes: str,
    wrongly: Callable[..., Any], table: str,
) -> None:
    (file,) = list_files(copy.home / "ml", table)
    good = file.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(module, concludes, partial(wrongly, getattr(module, concludes)))
        outcome = materialise(*keys(step), *keys_of("build_marts_and_reporting"), SNAPSHOT)
    assert outcome.steps == {step.name: "failed"}
    assert outcome.failed_checks == [(f"ml/{table}", "suite")]
    assert file.read_bytes() == good
    assert_refused(copy, materialise, CUSTOMERS)


def test_python_to_dbt_a_lost_record_blocks_too(
    copy: Company, materialise: Materialise, keys_of: Callable[[str], list[dg.AssetKey]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = identity.resolve_customers

    def forgetful(con: duckdb.DuckDBPyConnection, *inputs: Any) -> dict[str, int]:
        counts = resolve(con, *inputs)
        con.execute("create temp table all_but_one as "
                    "from customer_records order by record_key offset 1")
        con.execute("create or replace temp view customer_records as from all_but_one")
        return counts

    with monkeypatch.context() as broken:
        broken.setattr(identity, "resolve_customers", forgetful)
        outcome = materialise(*keys(IDENTITY), *keys_of("build_marts_and_reporting"), SNAPSHOT)
    assert outcome.steps == {"resolve_identity": "failed"}
    assert outcome.failed_checks == [("ml/customer_records", "suite")]
    assert_refused(copy, materialise, CUSTOMERS)


def test_dbt_to_python_a_failing_test_blocks_statistics_and_snapshot(
    copy: Company, materialise: Materialise, keys_of: Callable[[str], list[dg.AssetKey]],
) -> None:
    """A record is doubled in the raw zone after admission, so that only dbt can notice."""
    rewrite(copy, "crm_customers", "from rows union all from (from rows limit 1)")
    outcome = materialise(*keys_of("build_staging_and_features"), *keys(TEXTS), *keys(IDENTITY),
                          *keys_of("build_marts_and_reporting"), SNAPSHOT)
    assert outcome.steps == {"build_staging_and_features": "failed"}
    assert "staging/stg_crm__customers" in {asset for asset, _ in outcome.failed_checks}
    assert states(copy)["features"] == "failed"
    assert_refused(copy, materialise, HOLIDAYS, CUSTOMERS)


def test_marts_to_publish_a_broken_law_leaves_the_last_snapshot(
    copy: Company, materialise: Materialise, keys_of: Callable[[str], list[dg.AssetKey]],
) -> None:
    """Somebody alters an amount in the raw zone after the features were built."""
    rewrite(copy, "pos_order_lines", "select * replace (net_amount + 1 as net_amount) from rows")
    outcome = materialise(*keys_of("build_marts_and_reporting"), SNAPSHOT)
    assert outcome.steps == {"build_marts_and_reporting": "failed"}
    assert ("marts/orders", "revenue_in_marts_is_revenue_in_raw") in outcome.failed_checks
    assert states(copy)["marts"] == "failed"
    assert_refused(copy, materialise)


def test_a_part_of_the_marts_cannot_open_the_gate(
    copy: Company, materialise: Materialise,
) -> None:
    audit = Audit(copy.home / "state" / "stages.json")
    audit._write(dict.fromkeys(STAGES, "passed") | {"marts": "failed", "publish": "stale"})
    outcome = materialise(dg.AssetKey(["marts", "accounts"]), SNAPSHOT)
    assert outcome.steps == {
        "build_marts_and_reporting": "passed", "published__snapshot": "failed"}
    assert "publish waits for marts (failed)" in outcome.error


def rewrite(company: Company, table: str, query: str) -> None:
    """Change the stored rows of a table's first admitted load."""
    load = next(load for load in company.zone.loads() if load.table == table)
    (file, *_) = company.zone.files_of([load])
    with duckdb.connect() as con:
        con.execute(f"create table rows as select * from read_parquet('{file}')")
        con.execute(f"copy ({query}) to '{file}' (format parquet)")
