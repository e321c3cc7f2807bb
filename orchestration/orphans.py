"""Ends what a killed run left behind: a dbt process that still writes the warehouse.

Called under the run lock, so every dbt process of this home belongs to a run that has died.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

GRACE_SECONDS = 10.0


def find_orphans(raw_path: Path) -> list[int]:
    """Process ids of dbt that work on a home, known by the raw zone in their `--vars`."""
    return [pid for pid, command in _processes()
            if pid != os.getpid() and _is_dbt_of(command, raw_path)]


def end_orphans(
    raw_path: Path, announce: Callable[[str], None] = lambda message: None,
) -> list[int]:
    """End the dbt processes that work on a home, and wait until they have gone.

    Args:
        raw_path: raw zone of the home.
        announce: told what is ended.

    Returns:
        Process ids that were ended.
    """
    orphans = find_orphans(raw_path)
    for pid in orphans:
        announce(f"ending dbt process {pid}, left behind by a run that was killed")
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(_is_alive, orphans)):
        if time.monotonic() > deadline:
            for pid in orphans:
                _signal(pid, signal.SIGKILL)
        time.sleep(0.1)
    return orphans


def _is_dbt_of(command: str, raw_path: Path) -> bool:
    return "dbt" in command and f'"raw_path": {json.dumps(str(raw_path))}' in command


def _processes() -> list[tuple[int, str]]:
    """Process ids with their command lines; from /proc where there is one, else from `ps`."""
    proc = Path("/proc/self/cmdline")
    if proc.exists():
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found.append((int(path.parent.name), command))
        return found
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True,
                            text=True, check=True).stdout
    return [(int(line.split(None, 1)[0]), line.split(None, 1)[1])
            for line in listed.splitlines() if len(line.split(None, 1)) == 2]


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        try:  # a zombie has ended; nobody may be there to collect it
            return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False
    return _signal(pid, 0)


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
