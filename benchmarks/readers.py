"""Reads the published snapshot in a loop from a second process while a whole run publishes anew."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import run_cx360

READER = """
import duckdb, json, sys, time
path, stop = sys.argv[1], sys.argv[2]
from pathlib import Path
queries = errors = 0
seen = set()
while not Path(stop).exists():
    try:
        con = duckdb.connect(path + "/marts.duckdb", read_only=True)
        count = con.execute("select count(*) from customers").fetchone()[0]
        total = con.execute("select sum(revenue) from orders").fetchone()[0]
        con.execute("select count(*) from reporting.kpi_values").fetchone()
        time.sleep(0.05)
        again = con.execute("select sum(revenue) from orders").fetchone()[0]
        con.close()
        parquet = duckdb.connect().execute(
            f"select count(*) from '{path}/parquet/marts/customers.parquet'").fetchone()[0]
        seen.add(str(Path(path).resolve().name))
        queries += 5
        errors += total != again
    except Exception as error:
        print(repr(error), file=sys.stderr)
        errors += 1
print(json.dumps({"queries": queries, "errors": errors, "snapshots": sorted(seen)}))
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cx360_readers_") as folder:
        home = Path(folder) / "home"
        run_cx360("demo", home=home)
        run_cx360("run", home=home)
        stop = Path(folder) / "stop"
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(home / "published" / "current"), str(stop)],
            stdout=subprocess.PIPE, text=True)
        run = run_cx360("run", "--force", home=home)
        stop.touch()
        outcome = json.loads(reader.communicate()[0])
    print(f"run: {run.seconds:.0f} s, exit {run.code}; reader: {outcome['queries']:,} queries, "
          f"{outcome['errors']} errors, snapshots seen {', '.join(outcome['snapshots'])}")
    sys.exit(1 if outcome["errors"] else 0)


if __name__ == "__main__":
    main()
