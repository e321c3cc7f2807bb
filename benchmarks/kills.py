"""SIGKILL at ten points spread over a run, then run again: the published tables must be equal.

Prints a table of where the run was killed, whether a dbt process was left behind, how long the next
run took, and whether its tables equal those of an undisturbed run (floats to nine decimals).
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

# Name, the step whose end is waited for (empty: the start), seconds after it.
POINTS = (
    ("while starting", "", 1.0),
    ("while loading extracts", "", 7.0),
    ("while admitting loads", "", 10.0),
    ("dbt starting, features", "Extracts", 2.0),
    ("inside dbt, staging", "Extracts", 7.0),
    ("inside dbt, features", "Extracts", 11.0),
    ("inside Python, identity", "Staging", 0.2),
    ("inside Python, sentiment", "Identity", 0.5),
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


def start_and_kill(home: Path, after: str, seconds: float) -> str:
    """Start a whole run and kill it; returns what it had finished."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CX360_")}
    environment["CX360_HOME"] = str(home)
    process = subprocess.Popen([str(CX360), "run", "--force"], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    done = []
    assert process.stdout is not None
    while after:
        line = process.stdout.readline()
        if not line or f"✓ {after}" in line:
            break
        done.append(line)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return "".join(done)


def main() -> None:
    worst = 0
    with tempfile.TemporaryDirectory(prefix="cx360_kills_") as folder:
        undisturbed = Path(folder) / "undisturbed"
        run_cx360("demo", "--customers", "500", "--months", "6", home=undisturbed)
        run_cx360("run", home=undisturbed)
        expected = published_tables(undisturbed)
        print(f"{'killed':<28}{'next run':>10}{'orphans ended':>15}  tables")
        for number, (name, after, seconds) in enumerate(POINTS):
            home = Path(folder) / str(number)
            run_cx360("demo", "--customers", "500", "--months", "6", home=home)
            start_and_kill(home, after, seconds)
            again = run_cx360("run", home=home)
            log = (home / "logs" / "run.log").read_text(errors="replace")
            orphans = (again.output + log).count("left behind by a run that was killed")
            found = published_tables(home)
            differing = [table for table in expected if found.get(table) != expected[table]]
            worst += len(differing)
            print(f"{name:<28}{again.seconds:>8.0f} s{orphans:>15}  "
                  + (f"{len(found)} equal" if not differing else f"differ: {differing}"),
                  flush=True)
    sys.exit(1 if worst else 0)


if __name__ == "__main__":
    main()
