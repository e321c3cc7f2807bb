"""The same demo extracts loaded in three orders of files: same customers, same KPIs.

Ids of customers follow the order in which records were first admitted, so customers are compared as
sets of records, and every other published column as it is.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import duckdb

from benchmarks.measure import run_cx360
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration.settings import DEMO_SOURCES

CUSTOMERS, MONTHS, PORTIONS = "500", "6", 4


def deliver(extracts: Path, home: Path, files: list[Path]) -> None:
    """Load files in portions, as if they had arrived in that order."""
    inbox = home / "inbox"
    size = -(-len(files) // PORTIONS)
    for start in range(0, len(files), size):
        for file in files[start:start + size]:
            target = inbox / file.relative_to(extracts)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        load_extracts(read_declarations(DEMO_SOURCES), inbox, RawZone(home / "raw"))


def outcome(home: Path) -> tuple[frozenset[frozenset[str]], list[tuple[object, ...]]]:
    """Customers as sets of record keys, and all KPI values."""
    con = duckdb.connect()
    clusters: dict[str, set[str]] = defaultdict(set)
    for record, customer in con.execute(
            "select record_key, customer_id from "
            f"read_parquet('{home}/ml/customer_records.parquet')").fetchall():
        clusters[customer].add(record)
    kpis = con.execute(
        "select kpi_id, grain, period, dimension, dimension_value, round(value, 9), n, "
        "round(interval_low, 9), round(interval_high, 9) from "
        f"read_parquet('{home}/published/current/parquet/reporting/kpi_values.parquet') "
        "order by all").fetchall()
    con.close()
    return frozenset(map(frozenset, clusters.values())), kpis


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cx360_orders_") as folder:
        first = Path(folder) / "sorted"
        run_cx360("demo", "--customers", CUSTOMERS, "--months", MONTHS, home=first)
        extracts = first / "demo" / "extracts"
        files = sorted(path for path in extracts.rglob("*") if path.is_file())
        shuffled = files.copy()
        random.Random(7).shuffle(shuffled)
        outcomes = []
        for name, order in (("sorted", None), ("reversed", files[::-1]), ("shuffled", shuffled)):
            home = Path(folder) / name
            if order is not None:
                deliver(extracts, home, order)
            run_cx360("run", "--sources", str(DEMO_SOURCES), "--extracts", str(extracts),
                      home=home)
            customers, kpis = outcome(home)
            outcomes.append((customers, kpis))
            print(f"{name:<10} {len(customers):,} customers, {len(kpis):,} KPI values, "
                  f"customers {'equal' if customers == outcomes[0][0] else 'DIFFER'}, "
                  f"KPIs {'equal' if kpis == outcomes[0][1] else 'DIFFER'}", flush=True)
    sys.exit(0 if all(found == outcomes[0] for found in outcomes) else 1)


if __name__ == "__main__":
    main()
