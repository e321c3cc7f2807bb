"""Two runs of the Dagster UI and one of the command line, started together: they end in order.

Starts the UI on a free port of 127.0.0.1 and launches the job through its own interface, as the
button and the schedule do.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.measure import CX360, run_cx360

LAUNCH = """
mutation { launchRun(executionParams: {selector: {repositoryLocationName: "cx360",
  repositoryName: "__repository__", jobName: "refresh_customer_360"}, runConfigData: {}})
  { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
RUNS = "{ runsOrError { ... on Runs { results { runId status startTime endTime } } } }"
DEADLINE_SECONDS = 600


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cx360_together_") as folder:
        home = Path(folder)
        run_cx360("demo", "--customers", "300", "--months", "3", home=home)
        run_cx360("run", home=home)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CX360_")}
        environment["CX360_HOME"] = str(home)
        ui = subprocess.Popen([str(CX360), "dev", "--port", str(port)], env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
        try:
            _wait_for_ui(port)
            command_line = subprocess.Popen([str(CX360), "run", "--force"], env=environment,
                                            stdout=subprocess.DEVNULL)
            for _ in range(2):
                _ask(port, LAUNCH)
            command_line.wait(DEADLINE_SECONDS)
            runs = _wait_for_runs(port)
        finally:
            os.killpg(ui.pid, signal.SIGTERM)
            ui.wait(60)
        snapshots = sorted(path.name for path in (home / "published").glob("0*"))
    for run in runs:
        print(f"{run['runId'][:8]}  {run['status']:<8} "
              f"{run['startTime'] - runs[0]['startTime']:>6.0f} s to "
              f"{run['endTime'] - runs[0]['startTime']:>6.0f} s")
    print(f"command line ended with {command_line.returncode}; snapshots kept: "
          f"{', '.join(snapshots)}")
    all_well = command_line.returncode == 0 and all(r["status"] == "SUCCESS" for r in runs)
    sys.exit(0 if all_well and snapshots[-1].startswith("00004") else 1)


def _ask(port: int, query: str) -> dict[str, object]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)["data"]
    return found


def _wait_for_ui(port: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if "cx360" in json.dumps(_ask(port, "{ workspaceOrError { ... on Workspace { "
                                          "locationEntries { name loadStatus } } } }")):
                return
        except OSError:
            pass
        time.sleep(1)
    sys.exit("the UI did not start")


def _wait_for_runs(port: int) -> list[dict[str, object]]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    runs: list[dict[str, object]] = []
    while time.monotonic() < deadline:
        runs = _ask(port, RUNS)["runsOrError"]["results"]  # type: ignore[index]
        if all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in runs):
            return sorted(runs, key=lambda run: run["startTime"])
        time.sleep(2)
    sys.exit(f"runs did not end: {runs}")


if __name__ == "__main__":
    main()
