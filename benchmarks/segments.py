"""Segments: stability, later purchases explained beside RFM cells, seconds and memory.

On the demo company, on Online Retail (with CX360_PUBLIC_DATA) and on a million drawn customers. RFM
cells are 6 × 3 × 3, 3 × 6 × 3 and 3 × 3 × 6 equal classes of recency, purchase days and revenue,
at most 54, and the best of the three counts. Explained is what is explained of customers whose
outcome was not used (five folds): of log(1 + later revenue), of whether they bought again, and of
later revenue up to its 99th percentile.

`python -m benchmarks.segments [--home HOME] [--customers N]`; HOME holds a finished demo run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.measure import run_cx360
from ingestion.raw_zone import RawZone
from models_ml.segment_divisions import choose_division
from models_ml.segment_outcomes import explain_outcome
from models_ml.segmentations import RFM, SEED, Segmentation, list_segmentations
from orchestration.fingerprint import as_of_date
from orchestration.segment_features import measure_features
from orchestration.segment_points import (
    assign_customers,
    compare_features,
    make_rfm_cells,
    measure_points,
)
from orchestration.settings import public_data, read_settings
from orchestration.warehouse import reading

CELLS = ((6, 3, 3), (3, 6, 3), (3, 3, 6))
LEAST_SHARE = 0.9
CUT = date(2011, 8, 31)
OUTCOMES = {
    "log revenue": "ln(1 + greatest(outcome_revenue, 0))",
    "bought again": "(outcome_revenue > 0)::double",
    "revenue to 99 %": "least(outcome_revenue, (select quantile_cont(outcome_revenue, 0.99) "
                       "from features where moment = 'holdout' and recency_days is not null))",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segments")
    parser.add_argument("--home", type=Path, help="a finished run of the demo")
    parser.add_argument("--customers", type=int, default=1_000_000, help="of the timing")
    arguments = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory(prefix="cx360_segments_") as folder:
        home = arguments.home or Path(folder) / "demo"
        if arguments.home is None:
            run_cx360("demo", home=home)
            run_cx360("run", home=home)
        settings = read_settings({"CX360_HOME": str(home)})
        as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
        with reading(settings.warehouse_path) as con:
            measure_features(con, settings, as_of)
            passed &= _report("demo", con)
    if data := public_data():
        with _online_retail(data / "online_retail" / "customer_raw.parquet") as con:
            passed &= _report(f"Online Retail, cut at {CUT}", con, only=RFM)
    else:
        print("Online Retail: skipped, CX360_PUBLIC_DATA is not set")
    _time(arguments.customers)
    if not passed:
        sys.exit(f"a segmentation is not stable or explains less than {LEAST_SHARE:.0%} of cells")


def _report(name: str, con: duckdb.DuckDBPyConnection, only: Segmentation | None = None) -> bool:
    """Print what the segments are worth; the rules are fitted to what was known at the cut."""
    has_programme = con.execute("select max(loyalty_level) > 0 from features").fetchall()[0][0]
    print(f"\n{name}")
    passed = True
    for segmentation in list_segmentations(has_loyalty_programme=has_programme):
        if only and segmentation.name != only.name:
            continue
        started = time.process_time()
        points = measure_points(con, segmentation, "holdout")
        choice = choose_division(points.points, points.weights, segmentation.fits(), seed=SEED)
        seconds = time.process_time() - started
        labels = choice.division.assign(points.points)
        assigned = assign_customers(con, points, [str(label) for label in labels],
                                    np.zeros(len(labels)))
        segments = len(np.unique(labels))
        index = choice.stability.rand_index
        tried = ", ".join(f"{one.segments_count}: {one.rand_index:.3f}" for one in choice.tried)
        print(f"  {segmentation.name}: {points.weights.sum():,} customers, {segments} segments, "
              f"ARI {'none' if index is None else f'{index:.3f}'} (tried {tried}), "
              f"{seconds:.1f} s of processor time")
        passed &= index is None or index >= LEAST_SHARE
        for outcome, expression in OUTCOMES.items():
            cells = {}
            for sizes in CELLS:
                make_rfm_cells(con, sizes)
                cells[sizes] = (_explained(con, assigned, "coalesce(rfm_cell, 'none')", expression),
                                con.execute("select count(distinct rfm_cell) from rfm_cells"
                                            ).fetchall()[0][0])
            ours = _explained(con, assigned, "segment_id", expression)
            best = max(cells, key=lambda sizes: cells[sizes][0])
            share = ours / cells[best][0]
            told = ", ".join(f"{'×'.join(map(str, sizes))} ({count}) {value:.3f}"
                             for sizes, (value, count) in cells.items())
            print(f"    {outcome:<16} segments {ours:7.3f} | cells {told} | "
                  f"{share:.0%} of the best cells")
            if segmentation.name == RFM.name:
                passed &= share >= LEAST_SHARE and segments <= 10
    return passed


def _explained(
    con: duckdb.DuckDBPyConnection, assigned: str, segment: str, outcome: str,
) -> float:
    sums = con.execute(f"""
        select {segment} as segment, fold, count(*) as customers_count,
            sum({outcome}) as outcome_sum, sum(pow({outcome}, 2)) as outcome_square_sum
        from {assigned} left join rfm_cells using (customer_id) group by all order by all""").df()
    return explain_outcome(sums) or 0.0


@contextmanager
def _online_retail(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The table `features` as of the cut; purchases are days with a positive invoice."""
    con = duckdb.connect()
    con.execute(f"""
        create temp table features as
        with lines as (
            select cast(CustomerID as bigint) as customer, cast(InvoiceDate as date) as day,
                Quantity * UnitPrice as revenue, day <= date '{CUT}' as is_past
            from read_parquet('{file}')
            where CustomerID is not null and not starts_with(InvoiceNo, 'C'))
        select customer::varchar as customer_id, 'holdout' as moment, date '{CUT}' as moment_date,
            datediff('day', max(day) filter (is_past), date '{CUT}') as recency_days,
            datediff('day', min(day), date '{CUT}') as tenure_days,
            count(distinct day) filter (is_past) as order_days_count,
            sum(revenue) filter (is_past) as revenue, 0 as loyalty_level,
            coalesce(sum(revenue) filter (not is_past), 0) as outcome_revenue
        from lines group by customer having order_days_count > 0""")
    try:
        yield con
    finally:
        con.close()


def _time(customers: int) -> None:
    """Seconds of processor time and peak memory to group drawn customers in every way."""
    con = duckdb.connect(config={"memory_limit": "2GB"})
    con.execute("select setseed(0.5)")
    con.execute(f"""
        create temp table features as
        select md5(i::varchar) as customer_id, 'today' as moment, date '2026-06-30' as moment_date,
            least(900, -200 * ln(random() + 1e-9))::integer as recency_days,
            (random() * 900)::integer as tenure_days,
            1 + (-4 * ln(random() + 1e-9))::integer as order_days_count,
            exp(4 + 1.2 * (random() + random() + random() - 1.5) * 2) as revenue,
            (random() * 2.4)::integer as loyalty_level, 1 as voices_count, random() as score,
            2 * random() - 1 as polarity, random() as ease_score,
            (random() * 1.3)::integer as complaints_count, (random() * 3)::integer as cases_count,
            greatest(0, random() - 0.7) as late_delivery_share, 0.0 as outcome_revenue
        from range({customers}) as numbers(i)""")
    print(f"\n{customers:,} drawn customers")
    whole = time.process_time()
    for segmentation in list_segmentations(has_loyalty_programme=True):
        started = time.process_time()
        points = measure_points(con, segmentation, "today")
        measured = time.process_time()
        choice = choose_division(points.points, points.weights, segmentation.fits(), seed=SEED)
        chosen = time.process_time()
        labels = choice.division.assign(points.points)
        assigned = assign_customers(con, points, [str(label) for label in labels],
                                    np.zeros(len(labels)))
        compare_features(con, segmentation, assigned)
        print(f"  {segmentation.name}: {len(points.points):,} points in "
              f"{measured - started:.1f} s, {len(choice.tried)} divisions tried in "
              f"{chosen - measured:.1f} s, assigned and "
              f"described in {time.process_time() - chosen:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  together {time.process_time() - whole:.1f} s of processor time, peak {peak:.2f} GiB "
          "with the drawn features")


if __name__ == "__main__":
    main()
