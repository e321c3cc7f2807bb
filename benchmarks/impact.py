"""Initiatives of 400 generated companies: is the planted effect in its interval, and nothing else?

`python -m benchmarks impact`. Persons and orders come from the demo's generator, one company a
seed; sides are compared by the queries and the statistics of the impact step. Placebo initiatives
are a region and a date, drawn anew for each seed, in which nothing was planted. A number after the
name is that of seeds.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from ingestion.demo.company import World, build_catalogue, build_world
from ingestion.demo.difficulty import Difficulty
from ingestion.demo.people import build_people
from ingestion.demo.purchases import Purchases, build_purchases
from ingestion.demo.tools import random_stream
from models_ml.initiative_verdicts import judge_pre_trend
from models_ml.stratified_effects import Effect
from orchestration.impact_queries import find_facts
from orchestration.initiative_effects import compare_at, placebo_dates
from orchestration.warehouse import keep_frame

SEEDS, CUSTOMERS, MONTHS = 400, 1_000, 24
LEAST, LEAST_PLACEBO = 30, 10
END = date(2026, 6, 30)
HELD_AIM, PLACEBO_AIM = (0.92, 0.98), 0.075
# What is looked at: count of orders, and what they bring.
MEASURES = ("purchases", "value")


def main() -> int:
    """Print the figures; ends with 1 on a miss."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    held: dict[str, list[bool]] = {name: [] for name in MEASURES}
    shown: dict[str, list[bool]] = {name: [] for name in MEASURES}
    moved_apart, errors, planted = [], [], []
    with duckdb.connect() as con:
        for seed in range(seeds):
            world, truth = make_company(con, seed)
            effect = compare_campaign(con, world)
            for name in MEASURES:
                held[name].append(effect[name].low <= truth[name] <= effect[name].high)
            errors.append(effect["purchases"].estimate - truth["purchases"])
            planted.append(truth["purchases"])
            placebo, before = compare_placebo(con, world, seed)
            for name in MEASURES:
                shown[name].append(placebo[name].is_shown)
            moved_apart.append(judge_pre_trend(before, is_random=False) == "apart")
    print(f"  {seeds} companies of {CUSTOMERS:,} customers and {MONTHS} months")
    print(f"  planted: {np.mean(planted):.3f} orders per treated customer; mean error "
          f"{np.mean(errors):+.4f} ± {np.std(errors) / len(errors) ** 0.5:.4f}")
    missed = 0
    for name in MEASURES:
        share = float(np.mean(held[name]))
        is_good = HELD_AIM[0] <= share <= HELD_AIM[1]
        missed += not is_good
        print(f"  {_tick(is_good)} {name}: planted effect in its 95 % interval in {share:.2%} "
              "(aim 92 to 98)")
    for name in MEASURES:
        share = float(np.mean(shown[name]))
        is_good = share <= PLACEBO_AIM
        missed += not is_good
        print(f"  {_tick(is_good)} {name}: placebo initiatives outside zero in {share:.2%} "
              "(aim at most 7.5)")
    print(f"    of them refused because sides moved apart before: {np.mean(moved_apart):.2%} "
          "(chance makes 5)")
    return int(missed > 0)


def make_company(con: duckdb.DuckDBPyConnection, seed: int) -> tuple[World, dict[str, float]]:
    """Generate persons and orders of a seed into the tables of the impact step.

    Returns:
        The company, and what the campaign really added per treated customer.
    """
    catalogue = build_catalogue(random_stream(seed, "catalogue"))
    world = build_world(CUSTOMERS, MONTHS, seed, END, Difficulty(), catalogue)
    people = build_people(world)
    purchases = build_purchases(world, people)
    orders = purchases.orders
    kept = orders[(orders["person_id"] >= 0) & ~orders["is_cancelled"]]
    keep_frame(con, "orders", pd.DataFrame({
        "customer_id": kept["person_id"].astype(str).to_numpy(),
        "ordered_at": kept["ordered_at"].to_numpy(), "value": kept["net"].to_numpy(float) / 100}))
    con.execute("""
        create or replace temp table impact_days as
        select customer_id, cast(ordered_at as date) as day, count(*)::integer as purchases,
            sum(cast(value as decimal(18, 6)))::decimal(18, 6) as value, 0 as contacts,
            0 as referrals, 0::decimal(18, 6) as score_total, 0 as scores
        from orders group by all""")
    find_facts(con, END, "revenue")
    keep_frame(con, "campaign", purchases.campaign.assign(
        customer_id=purchases.campaign["person_id"].astype(str)))
    persons = people.persons
    keep_frame(con, "persons", pd.DataFrame({
        "customer_id": np.arange(len(persons)).astype(str),
        "region": persons["region"].to_numpy(), "is_guest": persons["is_guest"].to_numpy()}))
    return world, plant(purchases, float(kept["net"].sum()) / 100, kept)


def plant(purchases: Purchases, revenue: float, kept: pd.DataFrame) -> dict[str, float]:
    """What the extra orders of the treated were, and what such orders bring on average."""
    treated = purchases.campaign[purchases.campaign["is_treated"]]
    mean = purchases.truth["mean_order_value"].to_numpy()
    # Discounts and rounding: what an order brings of what the person spends on average.
    ratio = revenue / mean[kept["person_id"].to_numpy()].sum()
    extra = treated["extra_orders"].to_numpy()
    uncancelled = len(kept) / (purchases.orders["person_id"] >= 0).sum()
    return {"purchases": float(extra.mean() * uncancelled),
            "value": float((extra * mean[treated["person_id"]]).mean() * ratio * uncancelled)}


def compare_campaign(con: duckdb.DuckDBPyConnection, world: World) -> dict[str, Effect]:
    """The campaign against those held back by lot."""
    con.execute("create or replace temp table members as "
                "select customer_id, is_treated, null::varchar as group_key from campaign")
    first, last = world.campaign
    return _found(compare_at(con, _day(world, first), last - first + 1, by_lot=True,
                             has_groups=False, least=LEAST, outcomes=MEASURES))


def compare_placebo(
    con: duckdb.DuckDBPyConnection, world: World, seed: int,
) -> tuple[dict[str, Effect], list[Effect]]:
    """A region in which nothing was done, and the same at dates before."""
    rng = random_stream(seed, "placebo")
    regions = con.execute("select region from persons where not is_guest group by region "
                          "having count(*) >= 60 order by region").fetchall()
    region = regions[int(rng.integers(0, len(regions)))][0]
    con.execute("create or replace temp table members as select customer_id, "
                "region = $1 as is_treated, region as group_key from persons", [region])
    days = 90
    start = _day(world, int(rng.integers(300, world.days - days)))

    def compare(day: date) -> dict[str, Effect | None]:
        return compare_at(con, day, days, by_lot=False, has_groups=True, least=LEAST_PLACEBO,
                          outcomes=MEASURES)

    before = [value for day in placebo_dates(start, days, _day(world, 0))
              if (value := compare(day)["value"])]
    return _found(compare(start)), before


def _found(effects: dict[str, Effect | None]) -> dict[str, Effect]:
    return {name: effect for name in MEASURES if (effect := effects[name]) is not None}


def _day(world: World, number: int) -> date:
    start: date = world.start.astype(object)
    return start + timedelta(days=number)


def _tick(is_good: bool) -> str:
    return "✓" if is_good else "✗"


if __name__ == "__main__":
    sys.exit(main())
