"""Ten million customers grouped, fitted, scored and joined back; one million with `lifetimes`.

`python -m benchmarks value_millions`. Both start from the same summary of customers (frequency,
recency, observed days), which is simulated first, and each runs in a process of its own. Processor
time counts all threads. `lifetimes` is a package for the comparison only; without it that part is
skipped.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measure import peak_memory, run_module

CUSTOMERS = 10_000_000
PEER_CUSTOMERS = 1_000_000
CHUNK = 500_000
PLANTED = (0.8, 80.0, 0.9, 4.0)
LONGEST_DAYS = 730
CPU_AIM, MEMORY_AIM = 15.0, 2 * 2**30
MEMORY_LIMIT = "900MB"
HORIZON_DAYS = 365.0


def main() -> int:
    """Print the figures, or run one part for the process that asks; ends with 1 on a miss."""
    if len(sys.argv) == 3:
        part = {"simulate": simulate, "own": run_own, "peer": run_peer}[sys.argv[1]]
        print(json.dumps(part(Path(sys.argv[2]))))
        return 0
    with TemporaryDirectory(prefix="cx360_value_") as folder:
        run_module("benchmarks.value_millions", "simulate", folder)
        own = json.loads(run_module("benchmarks.value_millions", "own", folder).splitlines()[-1])
        print(f"  cx360, {CUSTOMERS:,} customers, {own['histories']:,} distinct histories")
        for name in ("group", "fit", "score", "join"):
            print(f"    {name:6} {own[name]:6.1f} s of processor time")
        print(f"    {own['told']} (planted {PLANTED})")
        print(f"    expected purchases in a year {own['expected']:,.0f}")
        is_fast, is_small = own["cpu"] < CPU_AIM, own["peak"] < MEMORY_AIM
        print(f"  {'✓' if is_fast else '✗'} processor time {own['cpu']:.1f} s (aim below "
              f"{CPU_AIM:g}), {own['seconds']:.1f} s passed")
        print(f"  {'✓' if is_small else '✗'} peak memory {own['peak'] / 2**30:.2f} GiB "
              "(aim below 2)")
        if importlib.util.find_spec("lifetimes"):
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "benchmarks.value_millions", "peer", folder],
                capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"  lifetimes failed: {done.stderr.strip().splitlines()[-1]}")
            else:
                peer = json.loads(done.stdout.splitlines()[-1])
                print(f"  lifetimes, {PEER_CUSTOMERS:,} customers: fit {peer['fit']:.1f} s, score "
                      f"{peer['score']:.1f} s of processor time, {peer['seconds']:.1f} s passed, "
                      f"{peer['peak'] / 2**30:.2f} GiB; {peer['told']}")
        else:
            print("  lifetimes skipped: it is not installed; install it with "
                  "`.venv/bin/pip install lifetimes`")
    return 0 if is_fast and is_small else 1


def simulate(folder: Path) -> dict[str, int]:
    """Write customers.parquet: BG/NBD customers who came over two years."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(11)
    r, alpha, a, b = PLANTED
    schema = pa.schema([("customer_id", pa.int64()), ("frequency", pa.int32()),
                        ("recency", pa.int32()), ("observed", pa.int32())])
    with pq.ParquetWriter(folder / "customers.parquet", schema) as writer:
        for start in range(0, CUSTOMERS, CHUNK):
            observed = np.floor(rng.uniform(0, LONGEST_DAYS, CHUNK))
            rate, dropout = rng.gamma(r, 1 / alpha, CHUNK), rng.beta(a, b, CHUNK)
            frequency, last = np.zeros(CHUNK, np.int32), np.zeros(CHUNK)
            rows, now = np.arange(CHUNK), np.zeros(CHUNK)
            while len(rows):
                now = now + rng.exponential(1, len(rows)) / rate[rows]
                inside = now <= observed[rows]
                rows, now = rows[inside], now[inside]
                # Two purchases of one day are one.
                frequency[rows] += np.floor(now) > last[rows]
                last[rows] = np.floor(now)
                stays = rng.random(len(rows)) > dropout[rows]
                rows, now = rows[stays], now[stays]
            writer.write_table(pa.table([
                np.arange(start, start + CHUNK), frequency, last.astype(np.int32),
                observed.astype(np.int32)], schema=schema))
    return {"customers": CUSTOMERS}


def run_own(folder: Path) -> dict[str, float | str]:
    """What the value step does with a model that has been chosen."""
    import duckdb
    import pandas as pd

    from models_ml.future_value import Horizon, score_histories
    from models_ml.purchase_likelihoods import Histories
    from models_ml.purchase_models import fit_purchase_model
    from models_ml.spend_model import SpendModel

    begun, marks = time.monotonic(), [time.process_time()]
    con = duckdb.connect(config={"memory_limit": MEMORY_LIMIT,
                                 "temp_directory": str(folder / "spill")})
    file = folder / "customers.parquet"
    rows = con.execute(f"select frequency, recency, observed, count(*) as count "
                       f"from read_parquet('{file}') group by all order by all").fetchnumpy()
    histories = Histories(*(np.asarray(rows[name], dtype=float)
                            for name in ("frequency", "recency", "observed", "count")))
    marks.append(time.process_time())
    model = fit_purchase_model("bg_nbd", histories)
    marks.append(time.process_time())
    spend = SpendModel(5.0, 4.0, 18.0, 0.0, "", 0, 0)
    steps = np.arange(1, 7) * 365.25 / 2
    scores = score_histories(model, spend, histories, Horizon(steps, 180.0, 0.1))
    marks.append(time.process_time())
    scores = pd.DataFrame({**{name: rows[name] for name in ("frequency", "recency", "observed")},
                           **scores})
    con.register("scores", scores)
    con.execute(f"""
        create table valued as
        select customer_id, probability_alive, churn_probability, expected_12, discounted_12,
            discounted_36
        from read_parquet('{file}') join scores using (frequency, recency, observed)""")
    joined, expected = con.execute("select count(*), sum(expected_12) from valued").fetchall()[0]
    assert joined == CUSTOMERS
    marks.append(time.process_time())
    parts = dict(zip(("group", "fit", "score", "join"), np.diff(marks).tolist(), strict=True))
    return {**parts, "cpu": marks[-1] - marks[0], "seconds": time.monotonic() - begun,
            "peak": peak_memory(), "histories": len(histories), "told": model.told(),
            "expected": expected}


def run_peer(folder: Path) -> dict[str, float | str]:
    """The same model and the expected purchases of a year, by lifetimes."""
    import duckdb
    from lifetimes import BetaGeoFitter

    frame = duckdb.sql(f"select frequency, recency, observed from read_parquet("
                       f"'{folder / 'customers.parquet'}') limit {PEER_CUSTOMERS}").df()
    begun, marks = time.monotonic(), [time.process_time()]
    fitter = BetaGeoFitter()
    fitter.fit(frame["frequency"], frame["recency"], frame["observed"])
    marks.append(time.process_time())
    columns = frame["frequency"], frame["recency"], frame["observed"]
    fitter.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS, *columns)
    fitter.conditional_probability_alive(*columns)
    marks.append(time.process_time())
    told = " ".join(f"{name}={value:.4g}" for name, value in fitter.params_.items())
    return {"fit": marks[1] - marks[0], "score": marks[2] - marks[1], "told": told,
            "seconds": time.monotonic() - begun, "peak": peak_memory()}


if __name__ == "__main__":
    # Threads that wait for work count as processor time; there is none here that needs them.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(main())
