"""Steps between dbt's layers: read from the warehouse, conclude, write what passed its suite.

What does **not** belong here: the statistics (`models_ml/`) and anything of Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ingestion.readers.files import literal
from models_ml.calendar import GERMAN_STATES, list_public_holidays
from models_ml.sentiment import model_versions, score_sentiment
from orchestration.ml_tables import Written, ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import frames, reading

TEXTS_PER_PART = 20_000


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


def score_feedback(
    settings: Settings, progress: Callable[[str], None] = lambda message: None,
) -> Outcome:
    """Write `ml/feedback_sentiment`: what was scored before stays, only new texts are scored.

    A text counts as scored when its row was made by the current version of its language's model.
    """
    current = ml_file(settings, "feedback_sentiment")
    expected = settings.ml_path / "expected_texts.tmp"
    known = settings.ml_path / "known_texts.tmp"
    counts = {"scored now": 0, "scored before": 0}
    languages = settings.company.languages
    versions = pd.DataFrame({"version": sorted(set(model_versions(languages).values()))})

    def parts() -> Iterator[pd.DataFrame]:
        with reading(settings.warehouse_path) as con:
            con.register("versions", versions)
            con.execute(f"""
                copy (
                    select scored.* from read_parquet({literal(str(current))}) as scored
                    join intermediate.int_feedback_texts_deduplicated as texts
                        on scored.text_key = texts.text_key
                    where scored.model_version in (select version from versions)
                    order by scored.text_key
                ) to {literal(str(known))} (format parquet)""")
            con.execute("copy (select text_key from intermediate.int_feedback_texts_deduplicated) "
                        f"to {literal(str(expected))} (format parquet)")
            for part in frames(con, f"select * from read_parquet({literal(str(known))})"):
                counts["scored before"] += len(part)
                yield part
            fresh = ("select texts.text_key, texts.text "
                     "from intermediate.int_feedback_texts_deduplicated as texts "
                     f"anti join read_parquet({literal(str(known))}) as known "
                     "on texts.text_key = known.text_key order by texts.text_key")
            for part in frames(con, fresh, TEXTS_PER_PART):
                yield score_sentiment(part, languages=languages)
                counts["scored now"] += len(part)
                progress(f"sentiment: {counts['scored now']:,} texts scored")

    try:
        written = write_ml_table(settings, "feedback_sentiment", parts(), expected=expected)
    finally:
        _remove(expected, known)
    return Outcome((written,), counts)


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


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
