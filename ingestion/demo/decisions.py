"""What the people of the demo company decided: their initiatives, one with a planted effect.

The file lies beside the extracts, because the demo's company has no folder of its own.
"""

from __future__ import annotations

import csv
from pathlib import Path

from ingestion.demo.company import World
from ingestion.demo.relations import LOYALTY_CAMPAIGN

PLACEBO_REGION = "Bayern"
_COLUMNS = ("initiative_id", "name_en", "name_de", "started_on", "ended_on", "scope", "scope_value",
            "comparison", "cost", "decided_by", "decided_at", "reason")


def write_decisions(folder: Path, world: World) -> None:
    """Write `initiatives.csv`: the loyalty campaign, one without any effect, one for everybody.

    The window displays do nothing, and nobody can tell what the website did that all customers got.
    """
    first, last = world.campaign
    middle, days = world.days // 2, max(world.days // 8, 18)
    rows = [
        ("loyalty_weeks", "Loyalty weeks", "Treuewochen", first, last, "campaign",
         f"crm/{LOYALTY_CAMPAIGN}", 2.0 * world.customers, "Leitung Kundenbindung",
         "Stammkunden sollen öfter kommen"),
        ("window_displays", "New window displays", "Neue Schaufenster", middle, middle + days - 1,
         "region", PLACEBO_REGION, 1.5 * world.customers, "Leitung Filialen",
         "Erst in einem Land ausprobieren"),
        ("new_website", "New website", "Neue Website", middle, None, "all", "",
         10.0 * world.customers, "Leitung Digital", "Die alte war nicht mehr zu pflegen"),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "initiatives.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name, english, german, start, end, scope, value, cost, who, why in rows:
            writer.writerow([
                name, english, german, _day(world, start), "" if end is None else _day(world, end),
                scope, value, "", f"{cost:.2f}".replace(".", ","), who,
                _day(world, max(start - 30, 0)), why])


def _day(world: World, number: int) -> str:
    """A day as Germans write it."""
    year, month, day = str(world.day(number).astype("datetime64[D]")).split("-")
    return f"{day}.{month}.{year}"
