"""Stages: what lets a gate hold across runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.audit import STAGES, Audit, GateClosed


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "state" / "stages.json")


def run(audit: Audit, *names: str, is_whole: bool = True) -> None:
    for name in names:
        with audit.stage(name, is_whole=is_whole):
            pass


def fail(audit: Audit, name: str, *, is_whole: bool = True) -> None:
    with pytest.raises(ZeroDivisionError), audit.stage(name, is_whole=is_whole):
        raise ZeroDivisionError


@pytest.mark.parametrize("name", [name for name, above in STAGES.items() if above])
def test_a_stage_waits_for_those_above_it(audit: Audit, name: str) -> None:
    with pytest.raises(GateClosed, match="not run yet"), audit.stage(name):
        pytest.fail("the gate was open")
    assert audit.states() == {}


def test_a_whole_run_passes_every_stage(audit: Audit) -> None:
    run(audit, *STAGES)
    assert audit.states() == dict.fromkeys(STAGES, "passed")


@pytest.mark.parametrize("name", [name for name in STAGES if name != "publish"])
def test_a_failed_stage_closes_the_gate_below_for_later_runs(audit: Audit, name: str) -> None:
    run(audit, *STAGES)
    fail(audit, name)
    for below in (stage for stage, above in STAGES.items() if name in above):
        with pytest.raises(GateClosed, match=rf"{name} \(failed\)"):
            run(audit, below)
    with pytest.raises(GateClosed):
        run(audit, "publish")


def test_everything_below_a_stage_that_ran_is_stale(audit: Audit) -> None:
    run(audit, *STAGES)
    run(audit, "identity")
    untouched = {"ingest", "features", "identity", "holidays"}
    assert audit.states() == {
        stage: "passed" if stage in untouched else "stale" for stage in STAGES}
    with pytest.raises(GateClosed, match=r"publish waits for marts \(stale\)"):
        run(audit, "publish")
    run(audit, *(stage for stage in STAGES if stage not in untouched))


def test_a_killed_stage_is_still_running_and_lets_nothing_pass(audit: Audit) -> None:
    run(audit, *STAGES)
    killed = audit.stage("features")
    killed.__enter__()
    assert audit.states()["features"] == "running"
    with pytest.raises(GateClosed, match=r"features \(running\)"):
        run(audit, "holidays")
    run(audit, "features", "holidays")


@pytest.mark.parametrize(("before", "is_open"), [
    ("passed", True), ("failed", False), ("stale", False), ("running", False), (None, False)])
def test_a_part_of_a_stage_cannot_make_it_pass(
    audit: Audit, before: str | None, is_open: bool,
) -> None:
    audit._write({"ingest": "passed"} | ({"features": before} if before else {}))
    run(audit, "features", is_whole=False)
    assert (audit.states()["features"] == "passed") is is_open


def test_a_part_of_a_stage_can_spoil_it(audit: Audit) -> None:
    run(audit, *STAGES)
    fail(audit, "marts", is_whole=False)
    run_part = pytest.raises(GateClosed)
    with run_part:
        run(audit, "publish")
    run(audit, "marts", is_whole=False)
    with pytest.raises(GateClosed, match=r"marts \(failed\)"):
        run(audit, "publish")
    run(audit, "marts", "publish")
