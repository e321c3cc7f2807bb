"""Steps between dbt's layers: read from the warehouse, conclude, write what passed its suite.

What does **not** belong here: the statistics (`models_ml/`) and anything of Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ingestion.readers.files import literal
from models_ml.calendar import GERMAN_STATES, list_public_holidays
from models_ml.language import detect_language, language_version
from models_ml.sentiment import model_versions, score_sentiment
from models_ml.tables import TABLES
from orchestration.ml_tables import Written, copy_ml_table, ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import engine, frames, reading

TEXTS_PER_PART = 20_000
# Texts with the names of who wrote them, one a line. A text of many people is a phrase, not theirs.
NAMED_TEXTS = """(
    select texts.text_key, texts.text, writers.names
    from intermediate.int_feedback_texts_deduplicated as texts
    left join (
        select
            feedback.text_key,
            string_agg(distinct concat_ws(' ', names.first_name, names.last_name), chr(10)
                       order by concat_ws(' ', names.first_name, names.last_name)) as names
        from intermediate.int_feedback_texts_unioned as feedback
        join read_parquet({people}) as written
            on feedback.identity_record_key = written.record_key
        join read_parquet({people}) as records on written.customer_id = records.customer_id
        join intermediate.int_identity_attributes_unioned as names
            on records.record_key = names.record_key
        where coalesce(names.first_name, names.last_name) is not null
        group by feedback.text_key
        having count(distinct written.customer_id) <= 20
    ) as writers on texts.text_key = writers.text_key
)"""
# What other steps conclude about texts.
KEPT = ("feedback_topics", "feedback_signals", "feedback_routing", "topic_proposals", "text_models")


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
    """Mask the texts that are new and score them; what was concluded before stays.

    Writes `ml/feedback_texts` of the raw texts, and `ml/feedback_sentiment` of the masked ones. A
    row is kept while its text is there and its model version is current. The other conclusions
    about texts lose the rows of texts that are gone.
    """
    from models_ml.personal_data import mask_personal_data, masking_version

    languages = settings.company.languages
    masking = f"{masking_version()}-{language_version(languages)}"

    def mask(part: pd.DataFrame) -> pd.DataFrame:
        told = part.assign(**detect_language(part["text"], languages=languages))
        named = told[told["names"].notna()]
        masked = mask_personal_data(told[["text_key", "text", "language"]], known_names={
            key: names.split("\n")
            for key, names in zip(named["text_key"], named["names"], strict=True)})
        return (told[["text_key", "language", "language_probability"]]
                .merge(masked, on="text_key").assign(model_version=masking))

    people = literal(str(ml_file(settings, "customer_records")))
    texts, counts = _conclude(
        settings, "feedback_texts", NAMED_TEXTS.format(people=people), [masking], mask, progress)
    if not texts.verdict.passed:
        return Outcome((texts,), counts)
    sentiment, counts = _conclude(
        settings, "feedback_sentiment",
        "(select text_key, masked_text as text from "
        f"read_parquet({literal(str(ml_file(settings, 'feedback_texts')))}))",
        sorted(set(model_versions(languages).values())),
        lambda part: score_sentiment(part, languages=languages), progress)
    return Outcome(
        (texts, sentiment, *(_keep(settings, name) for name in KEPT)), counts)


def _conclude(
    settings: Settings, name: str, texts: str, versions: Sequence[str],
    conclude: Callable[[pd.DataFrame], pd.DataFrame], progress: Callable[[str], None],
) -> tuple[Written, dict[str, int]]:
    """Write a table about texts: rows of current `versions` stay, `conclude` makes the others.

    `texts` is SQL for a relation with text_key, text and whatever else `conclude` reads.
    """
    current = ml_file(settings, name)
    expected = settings.ml_path / "expected_texts.tmp"
    known = settings.ml_path / "known_texts.tmp"
    counts = {"scored now": 0, "scored before": 0}

    def parts() -> Iterator[pd.DataFrame]:
        with reading(settings.warehouse_path) as con:
            con.register("versions", pd.DataFrame({"version": list(versions)}))
            con.execute(f"""
                copy (
                    select concluded.* from read_parquet({literal(str(current))}) as concluded
                    join {texts} as texts on concluded.text_key = texts.text_key
                    where concluded.model_version in (select version from versions)
                    order by concluded.text_key
                ) to {literal(str(known))} (format parquet)""")
            con.execute(f"copy (select text_key from {texts} as texts) "
                        f"to {literal(str(expected))} (format parquet)")
            for part in frames(con, f"select * from read_parquet({literal(str(known))})"):
                counts["scored before"] += len(part)
                yield part
            fresh = (f"select texts.* from {texts} as texts "
                     f"anti join read_parquet({literal(str(known))}) as known "
                     "on texts.text_key = known.text_key order by texts.text_key")
            for part in frames(con, fresh, TEXTS_PER_PART):
                yield conclude(part)
                counts["scored now"] += len(part)
                progress(f"{name}: {counts['scored now']:,} texts")

    try:
        written = write_ml_table(settings, name, parts(), expected=expected)
    finally:
        _remove(expected, known)
    return written, counts


def _keep(settings: Settings, name: str) -> Written:
    """Judge a table that another step makes, without the rows of texts that are gone."""
    there = literal(str(ml_file(settings, "feedback_texts")))
    table = f"read_parquet({literal(str(ml_file(settings, name)))})"
    with engine(settings.memory_limit) as con:
        if any(column.name == "text_key" for column in TABLES[name].columns):
            con.execute(f"create view kept as select * from {table} where text_key in "
                        f"(select text_key from read_parquet({there}))")
        else:
            con.execute(f"create view kept as select * from {table}")
        return copy_ml_table(settings, name, con, "kept")


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
