"""One run at a time: an operating-system lock on the home.

The kernel releases it when the process dies, so nothing ever waits for a dead run. CLI, schedule
and UI take the same lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.5


@contextmanager
def run_lock(home: Path, announce: Callable[[str], None] = lambda message: None) -> Iterator[None]:
    """Hold the lock of a home; wait for another run to end first.

    Args:
        home: CX360_HOME.
        announce: told once, with the other run's process id, when there is something to wait for.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        waited = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waited:
                    holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
                    announce(f"waiting for the run in process {holder}")
                    waited = True
                time.sleep(POLL_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
