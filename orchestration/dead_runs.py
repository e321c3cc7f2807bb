"""Runs of command-line processes that were killed: Dagster would take them for running."""

from __future__ import annotations

import os

import dagster as dg

PID_TAG = "cx360/pid"


def close_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs of processes that no longer live as failed, so that no queue waits for them.

    Returns:
        How many were closed.
    """
    closed = 0
    for run in instance.get_runs(dg.RunsFilter(statuses=[
            dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])):
        pid = run.tags.get(PID_TAG)
        if pid and not _is_alive(int(pid)):
            instance.report_run_failed(run, "the process of this run has died")
            closed += 1
    return closed


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
