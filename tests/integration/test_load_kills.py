"""A load, a replay or a backfill may be killed anywhere: the raw zone is as before or as after.

`benchmarks.load_kills` does this at 20 points each; here at a few, and at the one point that chance
hardly hits: when all files are in place and the manifest does not yet name them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.load_kills import ACTIONS, prepare, state_of, try_kills
from ingestion.raw_zone import Load, RawZone


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_anywhere_the_zone_is_as_before_or_as_after(tmp_path: Path, action: str) -> None:
    killed = 0
    for seed in range(1, 8):  # a machine that just became faster is done before it is killed
        found = try_kills(tmp_path / str(seed), action, points=4, seed=seed)
        assert found["before"] + found["after"] + found["in part"] == 4
        assert (found["between"], found["not completed"]) == (0, 0)
        killed += found["killed"]
        if killed >= 2:
            return
    pytest.fail("it was always done before it was killed")


@pytest.mark.parametrize("action", ACTIONS)
def test_until_the_manifest_names_its_files_nothing_counts(
    tmp_path: Path, action: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    def die(zone: RawZone, loads: object) -> None:
        raise Killed

    prepare(tmp_path, action)
    before = state_of(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(RawZone, "write_manifest", die)
        with pytest.raises(Killed):
            ACTIONS[action](tmp_path)
    assert state_of(tmp_path) == before
    ACTIONS[action](tmp_path)
    assert state_of(tmp_path) != before


def test_killed_between_two_tables_the_loads_are_numbered_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    for place in (undisturbed, killed):
        prepare(place, "load")
    ACTIONS["load"](undisturbed)
    add, calls = RawZone.add, 0

    def add_once(zone: RawZone, loads: Sequence[Load]) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Killed
        add(zone, loads)

    with monkeypatch.context() as patched:
        patched.setattr(RawZone, "add", add_once)
        with pytest.raises(Killed):
            ACTIONS["load"](killed)
    in_part = state_of(killed)
    assert len(in_part) == 1 and in_part.items() <= state_of(undisturbed).items()
    ACTIONS["load"](killed)
    assert state_of(killed) == state_of(undisturbed)
    assert not RawZone(killed / "raw").numbers_path.exists()
