"""How often the check on rows of an extract cries wolf, and what it finds.

200 sources that send a file a day for 120 days, each with its own size (3 to 50,000 rows), noise,
week (some closed on Sundays) and trend; nothing is wrong with any file. Prints the false alarms,
and of how many sources a last file that was cut to or multiplied by a factor is told.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta

from ingestion.arrival import judge_arrivals
from ingestion.declaration import SourceDeclaration
from ingestion.raw_zone import Load

SOURCES, DAYS = 200, 120
FACTORS = (0.0, 0.1, 0.3, 0.5, 2.0, 3.0, 10.0)
MONDAY = date(2026, 1, 5)
DECLARATION = SourceDeclaration.model_validate({"source": "till", "tables": [{
    "entity": "pos.orders", "files": "orders_*.csv", "key": "number", "expected_every": "1d",
    "extracted_on": "_(.*).csv", "columns": {"ordered_at": "at", "net_amount": "amount"}}]})


def load_of_day(day: int, rows: int) -> Load:
    """The load of a daily extract with that many rows, as the manifest has it."""
    on = MONDAY + timedelta(days=day)
    return Load(
        load_id=f"load{day}", load_sequence=day + 1, source_system="till", label="pos.orders",
        entity="pos.orders", table="pos_orders", file=f"orders_{on}.csv",
        content_hash=f"hash{day}", declaration_version="1", rows_read=rows, rows_accepted=rows,
        rows_rejected=0, rows_repeated=0, extracted_on=on, first_event_at=None,
        last_event_at=None, expected_every="1d", may_be_empty=True, state="admitted", reason="",
        files=())


def normal_source(generator: random.Random) -> list[Load]:
    """Daily loads of a source with which nothing is wrong."""
    size = math.exp(generator.uniform(math.log(3), math.log(50_000)))
    noise = generator.choice((0.02, 0.1, 0.2, 0.35))
    pattern = generator.choice((0.0, 0.3, 0.8))
    week = [math.exp(generator.gauss(0, pattern)) for _ in range(7)]
    if generator.random() < 0.3:
        week[6] = 0.0
    trend = generator.choice((0.0, 0.002, -0.002, 0.005))
    loads = []
    for day in range(DAYS):
        mean = size * week[day % 7] * math.exp(trend * day + generator.gauss(0, noise))
        loads.append(load_of_day(day, _poisson(generator, mean)))
    return loads


def _poisson(generator: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(generator.gauss(mean, math.sqrt(mean))))
    count, left = 0, generator.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + generator.expovariate(1.0)
    return count


def told(loads: list[Load]) -> bool:
    """Whether the last of the loads is told for its rows."""
    return any(finding.kind == "rows" for finding in judge_arrivals(
        (DECLARATION,), loads, loads[-1].extracted_on or MONDAY))


def count_false_alarms(generator: random.Random, sources: int) -> tuple[int, int, int]:
    """Files judged, false alarms, and sources with any, each file judged on the day it comes."""
    judged = alarms = some = 0
    for _ in range(sources):
        loads = normal_source(generator)
        wrong = sum(told(loads[:day]) for day in range(2, len(loads) + 1))
        judged += len(loads) - 1
        alarms += wrong
        some += wrong > 0
    return judged, alarms, some


def main() -> None:
    judged, alarms, some = count_false_alarms(random.Random(7), SOURCES)
    print(f"{SOURCES} normal sources, {judged:,} files judged: {alarms} false alarms "
          f"({alarms / judged:.2%}), in {some} sources")
    generator = random.Random(8)
    histories = [loads for loads in (normal_source(generator) for _ in range(SOURCES))
                 if loads[-1].rows_read >= 50]
    print(f"last file of {len(histories)} sources (50 rows or more) changed by a factor, told:")
    for factor in FACTORS:
        found = sum(told([*loads[:-1], replace(
            loads[-1], rows_read=round(factor * loads[-1].rows_read))]) for loads in histories)
        print(f"  {factor:>5}  {found / len(histories):>4.0%}")


if __name__ == "__main__":
    main()
