"""A load, a replay or a backfill may be killed anywhere: the raw zone is as before or as after.

`benchmarks.load_kills` does this at 20 points each; here at a few, and at the one point that chance
hardly hits: when all files are in place and the manifest does not yet name them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load_kills import ACTIONS, prepare, state_of, try_kills
from ingestion.raw_zone import RawZone


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_anywhere_the_zone_is_as_before_or_as_after(tmp_path: Path, action: str) -> None:
    found = try_kills(tmp_path, action, points=4, seed=1)
    assert found["before"] + found["after"] + found["in part"] == 4
    assert (found["between"], found["not completed"]) == (0, 0)
    assert found["killed"] >= 2


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
