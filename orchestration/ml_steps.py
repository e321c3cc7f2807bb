"""Steps between dbt's layers: read from the warehouse, conclude, write what passed its suite.

What does **not** belong here: the statistics (`models_ml/`) and anything of Dagster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models_ml.calendar import GERMAN_STATES, list_public_holidays
from orchestration.ml_tables import Written, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import reading

Progress = Callable[[str], None]
"""Is told what a step is at; never a value of a row."""


class SuiteFailed(RuntimeError):
    """An ML table broke a rule; the last good one stays in place."""


@dataclass(frozen=True)
class Outcome:
    """Tables a step wrote, figures to show beside them, and a picture as Markdown."""

    written: tuple[Written, ...]
    metrics: dict[str, int]
    chart: str = ""

    def raise_if_blocked(self) -> None:
        """Stop the flow when a table broke a rule.

        Raises:
            SuiteFailed: naming table and rules.
        """
        sentences = [f"ml.{w.table.name}: {failure.sentence}"
                     for w in self.written for failure in w.verdict.failures]
        if sentences:
            raise SuiteFailed("\n".join(sentences))


def list_holidays(settings: Settings) -> Outcome:
    """Write `ml/public_holidays`: every German state and every region of the seed service_hours."""
    with reading(settings.warehouse_path) as con:
        regions = con.execute(
            "select region, first_year, last_year from intermediate.int_business_regions_listed"
        ).fetchall()
    first, last = (regions[0][1], regions[0][2]) if regions else (1, 0)
    listed = list_public_holidays(
        {*GERMAN_STATES, *(region for region, *_ in regions)}, first_year=first, last_year=last)
    written = write_ml_table(settings, "public_holidays", [listed])
    return Outcome((written,), {"regions": listed["region"].nunique()})

