"""The impact step's queries and statistics on a million customers: processor time, peak memory.

`python -m benchmarks impact_million`. Facts are drawn by the engine (eight purchase days a customer
in two years, an answer and a delivery of every other one) into the tables that the step reads; a
campaign with a holdout and a region without any effect are measured with their placebo dates, the
worth of a point with its shuffles, and late deliveries. Everything runs in a process of its own;
processor time counts all threads.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from benchmarks.measure import peak_memory, run_module
from orchestration.bad_experience_step import measure_bad_experiences
from orchestration.impact_queries import prepare, read_rules
from orchestration.initiative_effects import measure_initiative
from orchestration.initiatives import Initiative
from orchestration.score_worth_step import measure_scores
from orchestration.warehouse import reading

CUSTOMERS, DAYS = 1_000_000, 730
AS_OF, START = date(2026, 6, 30), date(2026, 3, 1)
MEMORY_LIMIT, MEMORY_AIM = "2GB", 3 * 2**30

_FACTS = f"""
    create schema intermediate; create schema seeds;
    select setseed(0.5);
    create table intermediate.int_impact_days_unioned as
    select 'c' || (i % {CUSTOMERS}) as identity_record_key,
        date '{AS_OF}' - cast(floor(random() * {DAYS}) as integer) as fact_date,
        'purchase' as fact_type, true as is_purchase,
        cast(20 + 60 * random() as decimal(18, 4)) as revenue,
        cast(10 + 30 * random() as decimal(18, 4)) as margin,
        null::decimal(18, 4) as costed_revenue, null::double as score
    from range(8 * {CUSTOMERS}) as numbers(i);
    update intermediate.int_impact_days_unioned set costed_revenue = revenue;
    create table intermediate.int_purchase_days_summed as
    select identity_record_key, fact_date as purchase_date, is_purchase, revenue, margin,
        costed_revenue from intermediate.int_impact_days_unioned;
    create table intermediate.int_scores_measured as
    select 'r' || i as response_id, 'nps' as measure, 'c' || (2 * i) as identity_record_key,
        date '{AS_OF}' - 200 - cast(floor(random() * 300) as integer) as responded_date,
        floor(random() * 11) as score
    from range({CUSTOMERS} // 2) as numbers(i);
    create table intermediate.int_experiences_judged as
    select 'late_delivery' as kind, 'o' || i as record_key, 'c' || (2 * i) as identity_record_key,
        date '{AS_OF}' - 200 - cast(floor(random() * 300) as integer) as experienced_date,
        experienced_date as judged_date, 'web' as channel, random() < 0.08 as is_bad
    from range({CUSTOMERS} // 2) as numbers(i);
    create table intermediate.int_initiative_scopes_unioned as
    select 'c' || i as identity_record_key, 'region' as scope, 'region ' || (i % 16) as scope_key,
        'region ' || (i % 16) as scope_name, null::date as fact_date, false as is_control_group
    from range({CUSTOMERS}) as numbers(i)
    union all
    select 'c' || i, 'campaign', 'spring', 'spring', date '{START}', random() < 0.5
    from range({CUSTOMERS}) as numbers(i);
    create table seeds.impact_rules as from (values ('outcome_days', 180), ('earlier_days', 180),
        ('initiative_days_least', 14), ('initiative_days_most', 365), ('customers_least', 30))
        as rules(rule, value);
    create table customer_records as
    select 'c' || i as record_key, 'k' || i as customer_id from range({CUSTOMERS}) as numbers(i)"""


def main() -> int:
    """Print the figures, or run the part for the process that asks; ends with 1 on a miss."""
    if len(sys.argv) == 3:
        part = {"simulate": simulate, "measure": measure}[sys.argv[1]]
        print(json.dumps(part(Path(sys.argv[2]) / "warehouse.duckdb")))
        return 0
    with TemporaryDirectory(prefix="cx360_impact_") as folder:
        run_module("benchmarks.impact_million", "simulate", folder)
        found = json.loads(
            run_module("benchmarks.impact_million", "measure", folder).splitlines()[-1])
    print(f"  {CUSTOMERS:,} customers, {8 * CUSTOMERS:,} purchases, {CUSTOMERS // 2:,} answers")
    for name, seconds in found["seconds"].items():
        print(f"    {name:24} {seconds:6.1f} s of processor time")
    print(f"    {'together':24} {sum(found['seconds'].values()):6.1f} s")
    is_small = found["peak"] < MEMORY_AIM
    print(f"  {'✓' if is_small else '✗'} peak memory {found['peak'] / 2**30:.2f} GiB (aim below "
          f"{MEMORY_AIM / 2**30:g}, of which the engine may use {MEMORY_LIMIT})")
    return int(not is_small)


def simulate(warehouse: Path) -> dict[str, int]:
    """Draw the facts."""
    with duckdb.connect(str(warehouse), config={"threads": 1}) as con:
        con.execute(_FACTS)
    return {"customers": CUSTOMERS}


def measure(warehouse: Path) -> dict[str, object]:
    """Run the parts of the impact step, each on the clock."""
    seconds: dict[str, float] = {}
    with reading(warehouse, MEMORY_LIMIT) as con:
        def timed(name: str, part: Callable[[], Any]) -> Any:
            started = time.process_time()
            found = part()
            seconds[name] = time.process_time() - started
            return found

        facts = timed("facts joined", lambda: prepare(con, "customer_records", AS_OF))
        rules = read_rules(con)
        for scope, value in (("campaign", "spring"), ("region", "region 3")):
            one = Initiative(2, "i", "I", "I", START, None, scope, (value,), (), Decimal(1000),
                             START)
            timed(f"initiative by {scope}", partial(measure_initiative, con, one, facts, rules))
        timed("worth of a point", lambda: measure_scores(con, facts, rules))
        timed("bad experiences", lambda: measure_bad_experiences(con, facts, rules))
    return {"seconds": seconds, "peak": peak_memory()}


if __name__ == "__main__":
    sys.exit(main())
