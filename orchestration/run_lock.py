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


class Busy(RuntimeError):
    """Another process holds the lock."""


@contextmanager
def run_lock(
    folder: Path, announce: Callable[[str], None] = lambda message: None, *, wait: bool = True,
) -> Iterator[None]:
    """Hold the lock of a folder; wait for another run to end first.

    Args:
        folder: CX360_HOME, or another folder that one process at a time may write.
        announce: told once, with the other run's process id, when there is something to wait for.
        wait: False to be told at once that the lock is taken.

    Raises:
        Busy: the lock is taken and `wait` is False.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        waited = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if not wait:
                    raise Busy(f"another run works on {folder}") from error
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
