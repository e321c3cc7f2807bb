"""Runs a command of the project and measures it: seconds, peak memory of the process tree."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CX360 = Path(sys.executable).parent / "cx360"
SAMPLE_SECONDS = 0.1
_STEP = re.compile(r"✓ (.+?)\s+([\d.]+) s$")


@dataclass
class Measured:
    """What one command took: on the clock, and of processors with all that it started."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str
    code: int
    steps: dict[str, float] = field(default_factory=dict)


def run_cx360(*arguments: str, home: Path) -> Measured:
    """Run `cx360 …` on a home of its own; ends the benchmark when it fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CX360_")}
    measured = run_measured([str(CX360), *arguments], environment | {"CX360_HOME": str(home)})
    measured.steps = {match[1]: float(match[2]) for line in measured.output.splitlines()
                      if (match := _STEP.search(line))}
    if measured.code:
        print(measured.output)
        sys.exit(f"cx360 {' '.join(arguments)} ended with {measured.code}")
    return measured


def run_measured(command: list[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run any command to its end; without `environment` it gets this process's."""
    started, used = time.monotonic(), _processor_seconds()
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    sampler = _MemorySampler(process.pid)
    sampler.start()
    output, _ = process.communicate()
    sampler.stop()
    return Measured(time.monotonic() - started, _processor_seconds() - used, sampler.peak, output,
                    process.returncode)


def run_module(name: str, *arguments: str) -> str:
    """Run `python -m name …` in a process of its own; ends the benchmark when it fails.

    Returns:
        What it printed.
    """
    done = subprocess.run([sys.executable, "-m", name, *arguments], text=True, cwd=PROJECT,
                          capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{name} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def peak_memory() -> int:
    """Most resident memory this process has had (Linux), in bytes.

    Not `ru_maxrss`: that begins with what the parent had when it started this process.
    """
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


def sql_seconds(home: Path) -> float:
    """Seconds that dbt's nodes took in the last run of a home, both stages together."""
    total = 0.0
    for stage in ("features", "marts"):
        results = json.loads((home / "dbt" / stage / "run_results.json").read_text())["results"]
        total += sum(result["execution_time"] for result in results)
    return total


class _MemorySampler(threading.Thread):
    """Samples the resident memory of a process and all below it (Linux)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak = pid, 0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(_resident, _tree(self.pid))))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _processor_seconds() -> float:
    """Of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        for thread in Path(f"/proc/{current}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in thread.read_text().split()]
            except OSError:
                continue
    return found


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
