"""Coverage of the intervals of KPIs: how often a 95 % interval holds the truth it was drawn from.

The macros of `dbt_project/macros/intervals.sql` are rendered and run by DuckDB on simulated
samples, so that what is measured is what the models compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import numpy as np
import pandas as pd

from orchestration.settings import DBT_PROJECT

SAMPLES, SIZES, SEED = 20_000, (5, 10, 20, 50, 200), 7
Frame = dict[str, np.ndarray]


def read_macros() -> Any:
    """The interval macros; what they call of each other goes by the name of the project."""
    project = SimpleNamespace()
    environment = jinja2.Environment()
    environment.globals["cx360"] = project
    template = environment.from_string((DBT_PROJECT / "macros" / "intervals.sql").read_text())
    vars(project).update(vars(template.module))
    return project


def coverage(
    con: duckdb.DuckDBPyConnection, bound: Callable[[int], str], truth: float, sums: Frame,
) -> tuple[float, float]:
    """Share of samples whose interval holds the truth, and the median width."""
    con.register("samples", pd.DataFrame(sums))
    held, width = con.execute(
        f"select avg(case when {truth} between low and high then 1.0 else 0.0 end), "
        f"median(high - low) from (select {bound(-1)} as low, {bound(1)} as high from samples)"
    ).fetchall()[0]
    con.unregister("samples")
    return held, width


def share_cases(macros: Any, rng: np.random.Generator, n: int) -> Iterator[tuple[Any, ...]]:
    """Shares far from, near and at the middle."""
    for p in (0.05, 0.2, 0.5, 0.9):
        yield (f"share {p}", lambda side: macros.share_bound("s", "n", side), p,
               {"s": rng.binomial(n, p, SAMPLES), "n": np.full(SAMPLES, n)})


def nps_cases(macros: Any, rng: np.random.Generator, n: int) -> Iterator[tuple[Any, ...]]:
    """Usual, polarised and one-sided answers."""
    for p in ((0.45, 0.3, 0.25), (0.5, 0.05, 0.45), (0.85, 0.12, 0.03)):
        drawn = rng.multinomial(n, p, SAMPLES)
        yield (f"nps {100 * (p[0] - p[2]):.0f}", lambda side: macros.nps_bound("g", "b", "n", side),
               100 * (p[0] - p[2]),
               {"g": drawn[:, 0], "b": drawn[:, 2], "n": np.full(SAMPLES, n)})


def score_cases(macros: Any, rng: np.random.Generator, n: int) -> Iterator[tuple[Any, ...]]:
    """Answers on five points: spread, and at the ceiling."""
    points = np.linspace(0, 1, 5)
    for name, p in (("spread", (0.1, 0.15, 0.25, 0.3, 0.2)), ("ceiling", (0, 0, 0.02, 0.13, 0.85))):
        drawn = rng.multinomial(n, p, SAMPLES)
        yield (f"score, {name}", lambda side: macros.mean_score_bound("s", "q", "n", side),
               float(points @ p),
               {"s": drawn @ points, "q": drawn @ points**2, "n": np.full(SAMPLES, n)})


def amount_cases(macros: Any, rng: np.random.Generator, n: int) -> Iterator[tuple[Any, ...]]:
    """Days of delivery, amounts of orders, orders per person, and rates of two amounts."""
    for name, sigma in (("even", 0.25), ("skewed", 0.75)):
        mean = float(np.exp(sigma**2 / 2))
        x = rng.lognormal(0, sigma, (SAMPLES, n))
        sums = {"s": x.sum(axis=1), "q": (x**2).sum(axis=1), "n": np.full(SAMPLES, n)}
        yield f"mean, {name}", lambda side: macros.mean_bound("s", "q", "n", side), mean, sums
        counts = rng.poisson(n, SAMPLES)
        owner = np.repeat(np.arange(SAMPLES), counts)
        booked = rng.lognormal(0, sigma, counts.sum())
        yield (f"sum, {name}", lambda side: macros.total_bound("s", "q", "n", side), mean * n,
               {"n": np.maximum(counts, 1), "s": np.bincount(owner, booked, SAMPLES),
                "q": np.bincount(owner, booked**2, SAMPLES)})
    d = rng.poisson(2, (SAMPLES, n)) + 1.0
    x = rng.binomial(d.astype(int), 0.2).astype(float)
    yield ("ratio", lambda side: macros.ratio_bound("x", "d", "xx", "xd", "dd", "n", side), 0.2,
           {"x": x.sum(axis=1), "d": d.sum(axis=1), "xx": (x**2).sum(axis=1),
            "xd": (x * d).sum(axis=1), "dd": (d**2).sum(axis=1), "n": np.full(SAMPLES, n)})
    yield ("count", lambda side: macros.count_bound("c", side), float(n),
           {"c": rng.poisson(n, SAMPLES)})


def main() -> None:
    macros, rng = read_macros(), np.random.default_rng(SEED)
    con = duckdb.connect()
    table: dict[str, dict[int, float]] = {}
    for n in SIZES:
        for cases in (share_cases, nps_cases, score_cases, amount_cases):
            for name, bound, truth, sums in cases(macros, rng, n):
                table.setdefault(name, {})[n] = coverage(con, bound, truth, sums)[0]
    print(f"share of {SAMPLES:,} samples whose 95 % interval holds the truth")
    print(f"  {'method':<18}" + "".join(f"{'n=' + str(n):>9}" for n in SIZES))
    for name, held in table.items():
        print(f"  {name:<18}" + "".join(f"{100 * held[n]:8.1f}%" for n in SIZES))


if __name__ == "__main__":
    main()
