"""Journeys and KPIs of 100,000 and 1,000,000 customers: seconds, peak memory, against one reading.

The demo's staging tables are copied as often as it takes, every copy with keys of its own, so that
customers behave as the demo's do; web visits are thinned to ten events a customer. Then dbt builds
everything from the facts to touchpoints, journeys, paths, scorecard and KPI values. Beside it: how
long the engine needs to read and aggregate the same rows once.

`python -m benchmarks.journeys [customers …] [--home HOME]`; HOME holds a finished run of the demo.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import duckdb

from benchmarks.measure import Measured, run_cx360, run_measured
from ingestion.raw_zone import RawZone
from orchestration import dbt
from orchestration.settings import DBT_PROJECT, Settings, read_settings

SIZES = (100_000, 1_000_000)
EVENTS_PER_CUSTOMER = 10
BUILT = ("touchpoints", "journeys", "journey_steps", "journey_paths", "touchpoint_scorecard",
         "kpi_values")
# What copies of a customer say is the same texts.
TEXT_TABLES = ("stg_ml__feedback", "stg_ml__topic", "stg_ml__text")
# Tables that do not grow with the customers, and keys that point to them.
FIXED_TABLES = ("stg_pos__products", "stg_pos__stores", "stg_crm__campaigns",
                "stg_survey__questions", "stg_digital__ad_spend", "stg_ml__public_holidays",
                "stg_ml__segments", "stg_ml__segment_features", "stg_ml__segment_models",
                "stg_ml__segment_moves")
FIXED_KEYS = ("product_id", "store_id", "campaign_id", "acquisition_campaign_id", "question_id",
              "load_id", "text_key", "segment_id")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journeys")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="customers")
    parser.add_argument("--home", type=Path, help="a finished run of the demo")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cx360_journeys_") as folder:
        home = arguments.home or Path(folder) / "demo"
        if arguments.home is None:
            run_cx360("demo", home=home)
            run_cx360("run", home=home)
        print(f"{'customers':>12}{'rows read':>14}{'events':>12}{'build s':>10}{'peak GiB':>10}"
              f"{'read once s':>13}{'ratio':>8}")
        for size in arguments.sizes:
            _report(size, home, Path(folder) / str(size))


def _report(customers: int, home: Path, grown: Path) -> None:
    settings = _settings(home)
    grown.mkdir()
    shutil.copytree(settings.ml_path, grown / "ml")
    shutil.copytree(settings.raw_path, grown / "raw")
    shutil.copyfile(settings.warehouse_path, grown / "warehouse.duckdb")
    target = _settings(grown)
    rows, events, reading = _grow(target, customers)
    built = _build(target)
    print(f"{customers:>12,}{rows:>14,}{events:>12,}{built.seconds:>10.1f}"
          f"{built.peak_bytes / 2**30:>10.2f}{reading:>13.1f}{built.seconds / reading:>8.1f}",
          flush=True)
    for name, seconds in _slowest(target):
        print(f"{'':>12}  {name:<45}{seconds:>8.1f} s")
    shutil.rmtree(grown)


def _settings(home: Path) -> Settings:
    return read_settings({"CX360_HOME": str(home), "CX360_COMPANY": str(home / "company")})


def _grow(settings: Settings, customers: int) -> tuple[int, int, float]:
    """Copy the staging tables; returns rows, events, and seconds to read and aggregate them."""
    con = duckdb.connect(str(settings.warehouse_path), config={
        "memory_limit": settings.memory_limit, "preserve_insertion_order": False})
    con.execute("set TimeZone = 'UTC'")
    tables = {name: [column for (column,) in con.execute(
        "select column_name from duckdb_columns() where schema_name = 'staging' "
        "and table_name = ? order by column_index", [name]).fetchall()]
        for (name,) in con.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging' "
            "and not starts_with(table_name, 'stg_ingestion') order by table_name").fetchall()
        if name not in FIXED_TABLES}
    known, events = con.execute(
        "select (select count(distinct customer_id) from staging.stg_ml__customer_records), "
        "(select count(*) from staging.stg_digital__events)").fetchall()[0]
    share = min(1.0, EVENTS_PER_CUSTOMER * known / events)
    copies = -(-customers // known)
    for name, columns in tables.items():
        if name.startswith(TEXT_TABLES):
            continue
        kept = (f"where hash(coalesce(session_id, event_id)) % 1000 < {1000 * share:.0f}"
                if name == "stg_digital__events" else "")
        con.execute(f"create or replace table staging.{name} as select {_copied(columns)} "
                    f"from staging.{name} cross join range({copies}) as copies(copy) {kept}")
    con.execute("checkpoint")
    started = time.perf_counter()
    rows = 0
    for name, columns in tables.items():
        aggregates = ", ".join(f'count(distinct "{c}")' if c.endswith(("_id", "_key"))
                               and c not in FIXED_KEYS else f'max("{c}")' for c in columns)
        rows += con.execute(f"select count(*), {aggregates} from staging.{name}").fetchall()[0][0]
    seconds = time.perf_counter() - started
    events = con.execute("select count(*) from staging.stg_digital__events").fetchall()[0][0]
    con.close()
    return rows, events, seconds


def _copied(columns: Iterable[str]) -> str:
    """Columns of a copy: its keys are its own."""
    return ", ".join(
        f'case when copy = 0 then "{c}" else md5("{c}" || copy) end as "{c}"'
        if c.endswith(("_id", "_key", "_ref")) and c not in FIXED_KEYS else f'"{c}"'
        for c in columns)


def _build(settings: Settings) -> Measured:
    dbt.set_environment(settings)
    built = run_measured([
        str(dbt.DBT), "run", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--select", *(f"+{name}" for name in BUILT), "--exclude", "path:models/staging",
        "--vars", dbt.variables(settings, RawZone(settings.raw_path).loads()),
        "--target-path", str(settings.home / "dbt"), "--log-path", str(settings.home / "dbt")])
    if built.code:
        print(built.output)
        sys.exit("dbt failed")
    return built


def _slowest(settings: Settings, count: int = 8) -> list[tuple[str, float]]:
    results = json.loads((settings.home / "dbt" / "run_results.json").read_text())["results"]
    times = [(result["unique_id"].split(".")[-1], result["execution_time"]) for result in results]
    return sorted(times, key=lambda found: -found[1])[:count]


if __name__ == "__main__":
    main()
