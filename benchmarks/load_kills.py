"""SIGKILL at 20 random points of a load, of a replay of rejects and of a backfill.

After each kill the raw zone must be as before or as after: what the manifest counts, with every row
that its files hold. Then the same is done again, and the result must be that of an undisturbed one.
Batches of a load count one after the other, so a load of several tables may be killed between two
of them; each table of it is then as before or as after. `python -m benchmarks.load_kills [points]`.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from ingestion.backfill import backfill_extracts
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone
from ingestion.replaying import replay_rejects

POINTS = 20
DAYS, ROWS = 20, 1_000
# Every tenth amount has a decimal point: rejected with a decimal comma, accepted without.
DECLARATION = """
source: till
tables:
  - {{entity: pos.orders, files: "orders_*.csv", key: number, extracted_on: "_(.*)[.]csv",
     decimal: "{decimal}", columns: {{ordered_at: at, net_amount: amount}}}}
  - {{entity: pos.stores, files: "stores_*.csv", key: number, extracted_on: "_(.*)[.]csv",
     columns: {{name: name}}}}
"""
WORKER = """
import sys
from pathlib import Path
from benchmarks.load_kills import ACTIONS
print("ready", flush=True)
ACTIONS[sys.argv[1]](Path(sys.argv[2]))
"""
# What counts, table by table: loads, and a sum over the hashes of the rows in their files.
State = dict[str, tuple[object, ...]]


def deliver(place: Path) -> None:
    """Write the extracts and a declaration under which a tenth of the orders is rejected."""
    (place / "sources").mkdir(parents=True)
    (place / "extracts").mkdir()
    declare(place, ",")
    for day in range(1, DAYS + 1):
        on = date(2026, 1, day)
        (place / "extracts" / f"orders_{on}.csv").write_text("number,at,amount\n" + "".join(
            f"{day * ROWS + row},{on} 10:00:00,{row}{'.5' if row % 10 == 0 else ''}\n"
            for row in range(ROWS)))
        (place / "extracts" / f"stores_{on}.csv").write_text(
            f"number,name\n{day},Store {day}\n")


def declare(place: Path, decimal: str) -> None:
    """Write the declaration."""
    (place / "sources" / "till.yml").write_text(DECLARATION.format(decimal=decimal))


def load(place: Path) -> None:
    """Load what is new."""
    load_extracts(read_declarations(place / "sources"), place / "extracts", zone_of(place))


def replay(place: Path) -> None:
    """Replay the rejects."""
    replay_rejects(read_declarations(place / "sources"), zone_of(place))


def backfill(place: Path) -> None:
    """Read ten of the twenty days anew."""
    backfill_extracts(read_declarations(place / "sources"), place / "extracts", zone_of(place),
                      date(2026, 1, 6), date(2026, 1, 15))


ACTIONS: dict[str, Callable[[Path], None]] = {"load": load, "replay": replay, "backfill": backfill}


def zone_of(place: Path) -> RawZone:
    """The raw zone of a place."""
    return RawZone(place / "raw")


def prepare(place: Path, action: str) -> None:
    """A place at which the action has something to do."""
    deliver(place)
    zone_of(place).prepare()
    if action != "load":
        load(place)
        declare(place, ".")
        if action == "replay":  # what is replayed has no extract any more
            shutil.rmtree(place / "extracts")
            (place / "extracts").mkdir()


def state_of(place: Path) -> State:
    """What counts in the raw zone, read anew from its files.

    Raises:
        AssertionError: a load's counts do not add up, or its files do not hold its rows.
    """
    zone = zone_of(place)
    loads = [one for one in zone.loads() if one.state != "superseded"]
    return {table: tuple(_state_of(zone, one) for one in loads if one.table == table)
            for table in sorted({one.table for one in loads})}


def _state_of(zone: RawZone, one: Load) -> tuple[object, ...]:
    counts = (one.rows_read, one.rows_accepted, one.rows_rejected, one.rows_repeated,
              one.rows_repaired)
    assert counts[0] == sum(counts[1:]), one
    rows = _hashed([str(path) for path in zone.files_of([one])])
    assert rows[0] == one.rows_accepted, one
    rejects = _hashed([str(path) for path in zone.rejects_of(one).glob("*.parquet")])
    assert rejects[0] == one.rows_rejected + one.rows_repaired, one
    repairs = _hashed([str(path) for path in zone.repairs_of(one).glob("*.parquet")])
    assert not one.replays_load_id or repairs[0] == one.rows_read, one
    return one.load_id, one.load_sequence, one.state, counts, rows, rejects, repairs


def _hashed(files: list[str]) -> tuple[int, int]:
    if not files:
        return 0, 0
    con = duckdb.connect()
    try:
        rows, total = con.execute(
            "select count(*), coalesce(sum(hash(t)::hugeint), 0) from read_parquet($1) as t",
            [files]).fetchall()[0]
        return rows, int(total)
    finally:
        con.close()


def start(place: Path, action: str) -> subprocess.Popen[str]:
    """A process of its own that is about to do the action."""
    process = subprocess.Popen([sys.executable, "-c", WORKER, action, str(place)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill_after(place: Path, action: str, seconds: float) -> bool:
    """Do the action and kill it; whether it was still at work."""
    process = start(place, action)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def try_kills(folder: Path, action: str, points: int, seed: int) -> dict[str, int]:
    """Kill an action at random points.

    Returns:
        How often the action was killed at work, how often the zone was then as before, as after, or
        in part (tables each as before or as after), how often it was something else, and how often
        the next run did not lead where an undisturbed one does.
    """
    origin = folder / action / "origin"
    prepare(origin, action)
    before = state_of(origin)
    undisturbed = shutil.copytree(origin, folder / action / "undisturbed")
    process, started = start(undisturbed, action), time.monotonic()
    process.communicate()
    duration = time.monotonic() - started
    after = state_of(undisturbed)
    assert after != before
    generator = random.Random(f"{seed} {action}")
    found = dict.fromkeys(("killed", "before", "after", "in part", "between", "not completed"), 0)
    for point in range(points):
        place = shutil.copytree(origin, folder / action / str(point))
        # A random point in each of as many equal stretches, so that none is left out by chance.
        seconds = duration * (point + generator.random()) / points
        found["killed"] += kill_after(place, action, seconds)
        state = state_of(place)
        if state in (before, after):
            found["before" if state == before else "after"] += 1
        else:
            whole = all(state.get(table, ()) in (before.get(table, ()), after.get(table, ()))
                        for table in after)
            found["in part" if whole else "between"] += 1
        ACTIONS[action](place)
        found["not completed"] += state_of(place) != after
        shutil.rmtree(place)
    return found


def main() -> None:
    points = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    worst = 0
    with tempfile.TemporaryDirectory(prefix="cx360_load_kills_") as folder:
        for action in ACTIONS:
            found = try_kills(Path(folder), action, points, seed=3)
            print(f"{action:<9}{points} kills: " + ", ".join(
                f"{name} {count}" for name, count in found.items()), flush=True)
            worst += found["between"] + found["not completed"]
    sys.exit(1 if worst else 0)


if __name__ == "__main__":
    main()
