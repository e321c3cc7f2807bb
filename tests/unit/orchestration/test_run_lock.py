"""One run at a time, and nothing waits for a dead one."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration import run_lock as module
from orchestration.run_lock import run_lock

HOLD = """
import sys
from pathlib import Path
from orchestration.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input is closed."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout and process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def short_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)


class Waiter:
    """A thread of this process that wants the lock."""

    def __init__(self, home: Path) -> None:
        self.messages: list[str] = []
        self.waits, self.has_it = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._take, args=(home,), daemon=True)
        self.thread.start()

    def _take(self, home: Path) -> None:
        with run_lock(home, self._hear):
            self.has_it.set()

    def _hear(self, message: str) -> None:
        self.messages.append(message)
        self.waits.set()


def test_a_second_run_waits_for_the_first_and_says_for_whom(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        waiter = Waiter(tmp_path)
        assert waiter.waits.wait(10)
        assert not waiter.has_it.wait(0.1)
        assert process.stdin
        process.stdin.close()
        assert waiter.has_it.wait(10)
        waiter.thread.join()
        assert waiter.messages == [f"waiting for the run in process {process.pid}"]


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        waiter = Waiter(tmp_path)
        assert waiter.waits.wait(10)
        process.send_signal(signal.SIGKILL)
        assert waiter.has_it.wait(10)
        waiter.thread.join()


def test_a_failed_run_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), run_lock(tmp_path):
        raise RuntimeError
    with run_lock(tmp_path, pytest.fail):
        pass


def test_a_child_of_the_run_does_not_inherit_the_lock(tmp_path: Path) -> None:
    with run_lock(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with child, run_lock(tmp_path, pytest.fail):
        child.communicate(b"\n")


def test_homes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with run_lock(tmp_path / "one"), run_lock(tmp_path / "two", pytest.fail):
        pass
