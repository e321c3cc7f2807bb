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
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import (
    Changes,
    Written,
    arrow_schema,
    copy_ml_table,
    ml_file,
    write_ml_table,
)
from orchestration.settings import Settings
from orchestration.text_decisions import read_text_decisions, resolve_text_decisions
from orchestration.text_drift import measure_drifts
from orchestration.text_readers import TextReaders
from orchestration.text_training import TextModels, find_models
from orchestration.warehouse import frames, reading

TEXTS_PER_PART = 20_000
NAMED_ROWS = 20
THEME_TEXTS = 20_000
"""Most texts without a topic that are searched for themes, a sample by key."""

MOST_AUTHORS = 20
"""A text that more people wrote is a phrase, such as "Danke", and names none of them."""

AUTHORS = """
    create temp table delivered as
    select texts.text_key, texts.text, authors.author_names
    from intermediate.int_feedback_texts_deduplicated as texts
    left join (
        select
            feedback.text_key,
            string_agg(distinct concat_ws(' ', names.first_name, names.last_name), chr(10)
                       order by concat_ws(' ', names.first_name, names.last_name)) as author_names
        from intermediate.int_feedback_texts_unioned as feedback
        join read_parquet({records}) as written
            on feedback.identity_record_key = written.record_key
        join read_parquet({records}) as records on written.customer_id = records.customer_id
        join intermediate.int_identity_attributes_unioned as names
            on records.record_key = names.record_key
        where coalesce(names.first_name, names.last_name) is not null
        group by feedback.text_key
        having count(distinct written.customer_id) <= {most}
    ) as authors using (text_key)"""



@dataclass(frozen=True)
class Stage:
    """Tables that are concluded together from one text of the relation `texts`.

    The last table has one row for every text, which is done when that row is of one of `versions`.
    """

    name: str
    tables: tuple[str, ...]
    versions: set[str]
    texts: str
    conclude: Callable[[pd.DataFrame], Mapping[str, pd.DataFrame]]


def analyse_texts(settings: Settings, progress: Progress = lambda message: None) -> Outcome:
    """Write the ML tables of texts; only new, corrected and outdated texts are read.

    Models are trained on the company's own scores and departments when there are enough of them
    and none is recorded, or when the labels have outgrown it. `feedback_texts` is moved into place
    last, and only when all else has passed: until then the same texts are read again.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    counts: dict[str, int] = {}
    with _texts(settings) as con:
        records = literal(str(ml_file(settings, "customer_records")))
        con.execute(AUTHORS.format(records=records, most=MOST_AUTHORS))
        corrections, waiting = resolve_text_decisions(con, read_text_decisions(settings))
        counts["corrections that wait for their text"] = len(waiting)
        if waiting:
            progress(f"texts: {_tell_waiting(waiting)}")
        readers = TextReaders.read(settings, con, corrections)

        def update(stage: Stage) -> None:
            counts[f"{stage.name} read now"] = _update(settings, con, stage, progress)

        def place(table: str, expected: str | None = None) -> Written:
            return copy_ml_table(settings, table, con, f"{table}_new", expected=expected,
                                 changes=Changes(f"{table}_former", f"{table}_fresh"))

        # Texts whose authors are called otherwise now are masked anew.
        con.execute(f"""
            create temp table again as
            select delivered.text_key from delivered
            join read_parquet({literal(str(ml_file(settings, "feedback_texts")))}) as masked
                using (text_key)
            where masked.names_key is distinct from md5(delivered.author_names)""")
        update(Stage("texts", ("feedback_texts",), {readers.text_version}, "delivered",
                     readers.read_texts))
        con.execute("create temp view masked as select text_key, masked_text as text, language "
                    "from feedback_texts_new")
        models = find_models(settings, con, as_of=as_of, corrections=corrections,
                             progress=progress)
        # What was masked anew is read anew, and so is what people have corrected.
        con.execute("insert into again select text_key from feedback_texts_fresh")
        con.execute("insert into again select unnest($1::varchar[])",
                    [corrections["text_key"].tolist()])
        update(Stage("sentiment", ("feedback_sentiment",), readers.sentiment_versions(models),
                     "masked", lambda part: readers.read_sentiment(part, models)))
        models = models.with_drifts(measure_drifts(con, models.trained_on))
        for language, drift in models.drifts.items():
            if drift.is_drifted:
                progress(f"texts: the sentiment of {drift.texts_count:,} new texts, language "
                         f"{language}, is of another mixture than before; `cx360 text train` "
                         "trains its model anew")
        con.execute("create temp view rated as select masked.*, polarity, sentiment_label, "
                    "model_name from masked join feedback_sentiment_new using (text_key)")
        update(Stage("topics", ("feedback_topics", "feedback_routing", "feedback_signals"),
                     {readers.topics_version(models)}, "rated",
                     lambda part: readers.read_topics(part, models)))
        progress("texts: themes without a topic")
        proposals = readers.propose_topics(_texts_without_topic(con))
        written = [
            place("feedback_sentiment", "delivered"),
            place("feedback_topics"),
            place("feedback_routing", "delivered"),
            place("feedback_signals", "delivered"),
            write_ml_table(settings, "topic_proposals", [proposals]),
            write_ml_table(settings, "text_models", [models.as_rows()]),
        ]
        if all(one.verdict.passed for one in written):
            written.append(place("feedback_texts", "delivered"))
    return Outcome(tuple(written), counts, models.as_markdown())


def train_models(settings: Settings, progress: Progress = lambda message: None) -> TextModels:
    """Train every text model anew on the labels and masked texts of the last run, and record it.

    Raises:
        FileNotFoundError: no run has built the warehouse yet.
    """
    with _texts(settings) as con:
        corrections, _ = resolve_text_decisions(con, read_text_decisions(settings))
        con.execute("create temp view masked as select text_key, masked_text as text, language "
                    f"from read_parquet({literal(str(ml_file(settings, 'feedback_texts')))})")
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


def _update(
    settings: Settings, con: duckdb.DuckDBPyConnection, stage: Stage, progress: Progress,
) -> int:
    """Conclude what is not done, and make the views `<table>_new`, `_fresh` and `_former`.

    Returns:
        How many texts were read.
    """
    done, kept = f"{stage.name}_done", f"{stage.name}_kept"
    marker = literal(str(ml_file(settings, stage.tables[-1])))
    versions = ", ".join(literal(version) for version in sorted(stage.versions))
    con.execute(f"create temp table {done} as select text_key from read_parquet({marker}) "
                f"where model_version in ({versions}) "
                "and text_key not in (select text_key from again)")
    fresh = {table: ml_file(settings, table).with_suffix(".fresh.tmp") for table in stage.tables}
    count = 0
    with ExitStack() as files:
        writers = {table: files.enter_context(pq.ParquetWriter(path, arrow_schema(TABLES[table])))
                   for table, path in fresh.items()}
        # The stream is the one query of the connection while it is read.
        for part in frames(con, f"select texts.* from {stage.texts} as texts "
                           f"anti join {done} as done on texts.text_key = done.text_key "
                           "order by texts.text_key", TEXTS_PER_PART):
            for table, rows in stage.conclude(part).items():
                schema = arrow_schema(TABLES[table])
                writers[table].write_table(pa.Table.from_pandas(
                    rows[schema.names], schema=schema, preserve_index=False))
            count += len(part)
            progress(f"{stage.name}: {count:,} texts read")
    # Every relation of a stage has the keys of the delivered texts; this one has them at hand.
    con.execute(f"create temp table {kept} as select text_key from {done} "
                "semi join delivered using (text_key)")
    for table, path in fresh.items():
        columns = ", ".join(column.name for column in TABLES[table].columns)
        before = literal(str(ml_file(settings, table)))
        con.execute(f"create temp view {table}_fresh as "
                    f"select {columns} from read_parquet({literal(str(path))})")
        con.execute(f"create temp view {table}_former as select {columns} "
                    f"from read_parquet({before}) anti join {kept} using (text_key)")
        con.execute(f"create temp view {table}_new as select {columns} "
                    f"from read_parquet({before}) semi join {kept} using (text_key) "
                    f"union all select {columns} from {table}_fresh")
    return count


def _texts_without_topic(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    # Keys first: of a million texts few are read.
    con.execute(f"""
        create temp table without_topic as
        select text_key from delivered anti join feedback_topics_new using (text_key)
        order by text_key limit {THEME_TEXTS}""")
    return con.execute("""
        select masked.text_key, masked.text, masked.language, sentiment.polarity
        from without_topic
        join masked using (text_key)
        join feedback_sentiment_new as sentiment using (text_key)
        order by text_key""").df()
