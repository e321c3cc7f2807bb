"""A run may be killed anywhere; run again, and everything is as if nothing had happened.

`benchmarks.kills` does this at ten points; here at one inside dbt, one inside Python and one while
publishing, in a chain on one home.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from company import Company

from benchmarks.kills import published_tables
from orchestration.audit import Audit
from orchestration.dead_runs import close_dead_runs
from orchestration.orphans import end_orphans


def kill_after(company: Company, step: str, seconds: float) -> None:
    process = company.start("run", "--force")
    assert process.stdout is not None
    while (line := process.stdout.readline()) and f"✓ {step}" not in line:
        pass
    assert line, "the run ended before it could be killed"
    time.sleep(seconds)
    assert process.poll() is None, "the run ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_killed_inside_dbt_python_and_publishing_the_next_run_is_as_if_undisturbed(
    demo: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = demo.copy(tmp_path / "home")
    before = company.snapshot
    for step, seconds in (("Extracts", 6.0), ("Staging", 0.2), ("Marts", 0.1)):
        kill_after(company, step, seconds)
        assert "passed" in Audit(company.home / "state" / "stages.json").states().values()
    assert company.snapshot.path.exists()
    printed = company.cx360("run", "--force")
    assert "Snapshot" in printed
    assert company.snapshot.name != before.name
    assert published_tables(company.home) == published_tables(demo.home)
    assert not list(company.published.glob(".incoming*"))
    monkeypatch.setenv("DAGSTER_HOME", str(company.home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        assert close_dead_runs(instance) == 0
        unfinished = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    assert unfinished == []


def test_a_dbt_process_left_behind_is_ended_and_others_are_left_alone(tmp_path: Path) -> None:
    def sleeper(raw_path: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)", "dbt", "build", "--vars",
             f'{{"raw_path": "{raw_path}"}}'])

    ours, other = sleeper(tmp_path / "raw"), sleeper(tmp_path / "other" / "raw")
    try:
        assert end_orphans(tmp_path / "raw") == [ours.pid]
        assert ours.wait(5) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
