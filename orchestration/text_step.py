"""The text step: from feedback texts in the warehouse to the ML tables about them.

Each distinct text is read once per version of what reads it: language and personal data first,
then, from the masked text alone, sentiment, topics, signals and department. What people corrected
outranks it. How a text is read belongs to `text_readers.py`, training to `text_training.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml.tables import TABLES
from orchestration.fingerprint import as_of_date
from orchestration.ml_parts import read_part_list
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import arrow_schema, ml_file, ml_relation, write_ml_table
from orchestration.ml_updates import Update, update_ml_tables
from orchestration.settings import Settings
from orchestration.text_changes import find_changed_texts
from orchestration.text_decisions import read_text_decisions, resolve_text_decisions
from orchestration.text_drift import measure_drifts
from orchestration.text_readers import TextReaders
from orchestration.text_training import TextModels, find_models
from orchestration.warehouse import frames, keep_frame, reading

TEXTS_PER_PART = 20_000
NAMED_ROWS = 20
THEME_SEARCHED, THEME_TEXTS = 200_000, 20_000
"""Of about so many first texts by key, the most without a topic that are searched for themes."""

_DIGITS = 8
"""Of a key, those that say where about it stands among all keys."""

TABLES_OF_TEXTS = ("feedback_texts", "feedback_sentiment", "feedback_topics", "feedback_signals",
                   "feedback_routing")
"""They are updated together; all but the topics have one row for every text."""


def _due_rows(table: str, stage: str) -> str:
    """SQL for the rows of a table about the texts that are due in a later stage.

    Nearly always all of them are fresh, and then the engine does not open the former table.
    """
    return (f"(from {table}_fresh semi join {stage}_due using (text_key) union all "
            f"from {table}_former semi join (from {stage}_due anti join {table}_fresh "
            "using (text_key)) using (text_key))")


# What the stages read of the texts that are due.
_DELIVERED = """
    select text_key, texts.text, due.author_names
    from intermediate.int_feedback_texts_deduplicated as texts
    join texts_due as due using (text_key)"""
_MASKED = ("select text_key, masked_text as text, language "
           f"from {_due_rows('feedback_texts', 'sentiment')}")
_RATED = f"""
    select text_key, masked_text as text, language, polarity, sentiment_label,
        sentiment.model_name
    from {_due_rows('feedback_texts', 'topics')} as texts
    join {_due_rows('feedback_sentiment', 'topics')} as sentiment using (text_key)"""


@dataclass(frozen=True)
class Stage:
    """Tables that are concluded together from one text of the query `texts`.

    The last table has one row for every text, which is done when that row is of one of `versions`.
    """

    name: str
    tables: tuple[str, ...]
    versions: set[str]
    texts: str
    conclude: Callable[[pd.DataFrame], Mapping[str, pd.DataFrame]]


def analyse_texts(settings: Settings, progress: Progress = lambda message: None) -> Outcome:
    """Update the ML tables of texts; only new, corrected and outdated texts are read.

    Models are trained on the company's own scores and departments when there are enough of them
    and none is recorded, or when the labels have outgrown it. The tables come into place together,
    and only when all have passed: until then the same texts are read again.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    counts: dict[str, int] = {}
    with _texts(settings) as con:
        are_listed = _show_former(settings, con)
        corrections, waiting = resolve_text_decisions(con, read_text_decisions(settings))
        keep_frame(con, "corrected", corrections[["text_key"]])
        counts["corrections that wait for their text"] = len(waiting)
        if waiting:
            progress(f"texts: {_tell_waiting(waiting)}")
        readers = TextReaders.read(settings, con, corrections)
        find_changed_texts(con, records=ml_relation(settings, "customer_records"),
                           text_version=readers.text_version)

        def update(stage: Stage) -> None:
            counts[f"{stage.name} read now"] = _conclude(settings, con, stage, progress)

        update(Stage("texts", ("feedback_texts",), {readers.text_version}, _DELIVERED,
                     readers.read_texts))
        con.execute("create temp view masked as select text_key, masked_text as text, language "
                    "from feedback_texts_new")
        models = find_models(settings, con, as_of=as_of, corrections=corrections,
                             progress=progress)
        update(Stage("sentiment", ("feedback_sentiment",), readers.sentiment_versions(models),
                     _MASKED, lambda part: readers.read_sentiment(part, models)))
        models = models.with_drifts(measure_drifts(con, models.trained_on))
        for language, drift in models.drifts.items():
            if drift.is_drifted:
                progress(f"texts: the sentiment of {drift.texts_count:,} new texts, language "
                         f"{language}, is of another mixture than before; `cx360 text train` "
                         "trains its model anew")
        update(Stage("topics", ("feedback_topics", "feedback_routing", "feedback_signals"),
                     {readers.topics_version(models)}, _RATED,
                     lambda part: readers.read_topics(part, models)))
        progress("texts: themes without a topic")
        proposals = readers.propose_topics(_texts_without_topic(con))
        others = (write_ml_table(settings, "topic_proposals", [proposals]),
                  write_ml_table(settings, "text_models", [models.as_rows()]))
        progress("texts: tables")
        written = update_ml_tables(
            settings, con, [_update(table) for table in TABLES_OF_TEXTS],
            from_nothing=not are_listed, place=all(one.verdict.passed for one in others))
    return Outcome((*written, *others), counts, models.as_markdown())


def train_models(settings: Settings, progress: Progress = lambda message: None) -> TextModels:
    """Train every text model anew on the labels and masked texts of the last run, and record it.

    Raises:
        FileNotFoundError: no run has built the warehouse yet.
    """
    with _texts(settings) as con:
        corrections, _ = resolve_text_decisions(con, read_text_decisions(settings))
        con.execute("create temp view masked as select text_key, masked_text as text, language "
                    f"from {ml_relation(settings, 'feedback_texts')}")
        return find_models(
            settings, con, as_of=as_of_date(settings, RawZone(settings.raw_path).loads()),
            corrections=corrections, is_due=lambda facts, labels_count: True, progress=progress)


def _tell_waiting(rows: Collection[int]) -> str:
    """Which corrections wait: "rows 3, 8 and 5 more of decisions/text.csv wait for their texts"."""
    named = ", ".join(map(str, sorted(rows)[:NAMED_ROWS]))
    more = f" and {len(rows) - NAMED_ROWS} more" if len(rows) > NAMED_ROWS else ""
    if len(rows) == 1:
        return f"row {named} of decisions/text.csv waits for its text"
    return f"rows {named}{more} of decisions/text.csv wait for their texts"


@contextmanager
def _texts(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, with room for temporary tables; fresh rows are removed in the end."""
    try:
        with reading(settings.warehouse_path, settings.memory_limit) as con:
            yield con
    finally:
        for leftover in settings.ml_path.glob("*.fresh.tmp"):
            leftover.unlink()


def _show_former(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Make the views `<table>_former`; without a row unless all tables came into place together."""
    are_listed = read_part_list(settings.ml_path).keys() >= set(TABLES_OF_TEXTS)
    for table in TABLES_OF_TEXTS:
        con.execute(f"create temp view {table}_former as select {_columns(table)} "
                    f"from {ml_relation(settings, table)} where {are_listed}")
    return are_listed


def _conclude(
    settings: Settings, con: duckdb.DuckDBPyConnection, stage: Stage, progress: Progress,
) -> int:
    """Conclude what is due, and make the views `<table>_gone`, `_fresh` and `_new`.

    Due is what changed, what people have corrected, and what another version concluded. Gone is
    only what was there before, because comparing with no row at all costs nothing.

    Returns:
        How many texts were read.
    """
    due = f"{stage.name}_due"
    versions = ", ".join(literal(version) for version in sorted(stage.versions))
    con.execute(f"""
        create temp table if not exists {due} as
        select text_key from changed where is_delivered
        union
        select text_key from corrected
        union
        select text_key from {stage.tables[-1]}_former where model_version not in ({versions})
            and text_key not in (select text_key from changed)""")
    con.execute(f"""
        create temp table {stage.name}_gone as
        select text_key from changed where is_known
        union all
        select text_key from {due} anti join changed using (text_key)""")
    fresh = {table: ml_file(settings, table).with_suffix(".fresh.tmp") for table in stage.tables}
    count = 0
    with ExitStack() as files:
        writers = {table: files.enter_context(pq.ParquetWriter(path, arrow_schema(TABLES[table])))
                   for table, path in fresh.items()}
        # The stream is the one query of the connection while it is read.
        for part in frames(con, f"from ({stage.texts}) order by text_key", TEXTS_PER_PART):
            for table, rows in stage.conclude(part).items():
                schema = arrow_schema(TABLES[table])
                writers[table].write_table(pa.Table.from_pandas(
                    rows[schema.names], schema=schema, preserve_index=False))
            count += len(part)
            progress(f"{stage.name}: {count:,} texts read")
    for table, path in fresh.items():
        con.execute(f"create temp view {table}_gone as from {stage.name}_gone")
        con.execute(f"create temp view {table}_fresh as "
                    f"select {_columns(table)} from read_parquet({literal(str(path))})")
        con.execute(f"create temp view {table}_new as from {table}_former "
                    f"anti join {table}_gone using (text_key) union all from {table}_fresh")
    return count


def _update(table: str) -> Update:
    """What the stage that concluded a table says to have changed in it."""
    covered = "intermediate.int_feedback_texts_deduplicated" if table != "feedback_topics" else None
    return Update(table, "text_key", f"{table}_gone", f"{table}_fresh", covered)


def _columns(table: str) -> str:
    return ", ".join(column.name for column in TABLES[table].columns)


def _texts_without_topic(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """A sample by key, so that of the tables, which are in key order, the first part is read.

    Keys are hashes, evenly spread, so that their number says up to which one to read.
    """
    count = con.execute("select count(*) from intermediate.int_feedback_texts_deduplicated"
                        ).fetchall()[0][0]
    up_to = ""
    if count > THEME_SEARCHED:
        up_to = f"where text_key < '{16**_DIGITS * THEME_SEARCHED // count:0{_DIGITS}x}'"
    return con.execute(f"""
        with without_topic as (
            select text_key from (from feedback_routing_new {up_to})
            anti join (from feedback_topics_new {up_to}) using (text_key)
            order by text_key limit {THEME_TEXTS}
        )
        select masked.text_key, masked.text, masked.language, sentiment.polarity
        from without_topic
        join (from masked {up_to}) as masked using (text_key)
        join (from feedback_sentiment_new {up_to}) as sentiment using (text_key)
        order by text_key""").df()
