"""SIGKILL at ten points spread over a run, then run again: the published tables must be equal.

Prints a table of where the run was killed, how many dbt processes it left behind, how long the next
run took, how many are left after it, and whether its tables equal those of an undisturbed run
(floats to nine decimals). `python -m benchmarks.kills [point …]` does some of the ten points.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.measure import CX360, run_cx360
from orchestration.orphans import find_orphans

# Name, the step whose end is waited for (empty: the start), seconds after it.
POINTS = (
    ("while starting", "", 1.0),
    ("while loading extracts", "", 7.0),
    ("while admitting loads", "", 10.0),
    ("dbt starting, features", "Extracts", 2.0),
    ("inside dbt, staging", "Extracts", 7.0),
    ("inside dbt, features", "Extracts", 11.0),
    ("inside Python, identity", "Staging", 0.2),
    ("inside Python, texts", "Identity", 0.5),
    ("inside dbt, marts", "Sentiment", 7.0),
    ("while publishing", "Marts", 0.4),
)
TABLES = "select schema_name, table_name from duckdb_tables() order by all"


def published_tables(home: Path) -> dict[str, tuple[int, int]]:
    """Table of the current snapshot -> rows, and a sum over the hashes of its rows."""
    con = duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True)
    try:
        found = {}
        for schema, table in con.execute(TABLES).fetchall():
            columns = con.execute(
                "select column_name, data_type from duckdb_columns() "
                "where schema_name = ? and table_name = ?", [schema, table]).fetchall()
            values = ", ".join(f'round("{name}", 9)' if kind == "DOUBLE" else f'"{name}"'
                               for name, kind in columns)
            rows, total = con.execute(
                f'select count(*), coalesce(sum(hash({values})::hugeint), 0) '
                f'from "{schema}"."{table}"').fetchall()[0]
            found[f"{schema}.{table}"] = rows, int(total)
        return found
    finally:
        con.close()


def start_and_kill(home: Path, after: str, seconds: float) -> None:
    """Start a whole run and kill it some seconds after a step has ended."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CX360_")}
    environment["CX360_HOME"] = str(home)
    process = subprocess.Popen([str(CX360), "run", "--force"], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    while after:
        line = process.stdout.readline()
        if not line or f"✓ {after}" in line:
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def main() -> None:
    points = [POINTS[int(text) - 1] for text in sys.argv[1:]] or list(POINTS)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="cx360_kills_") as folder:
        undisturbed = Path(folder) / "undisturbed"
        run_cx360("demo", "--customers", "500", "--months", "6", home=undisturbed)
        run_cx360("run", home=undisturbed)
        expected = published_tables(undisturbed)
        print(f"{'killed':<28}{'dbt left':>10}{'next run':>10}{'dbt left':>10}  tables")
        for number, (name, after, seconds) in enumerate(points):
            home = Path(folder) / str(number)
            run_cx360("demo", "--customers", "500", "--months", "6", home=home)
            start_and_kill(home, after, seconds)
            left = len(find_orphans(home / "raw"))
            again = run_cx360("run", home=home)
            still_left = len(find_orphans(home / "raw"))
            found = published_tables(home)
            differing = [table for table in expected if found.get(table) != expected[table]]
            worst += len(differing) + still_left
            print(f"{name:<28}{left:>10}{again.seconds:>8.0f} s{still_left:>10}  "
                  + (f"{len(found)} equal" if not differing else f"differ: {differing}"),
                  flush=True)
    sys.exit(1 if worst else 0)


if __name__ == "__main__":
    main()
