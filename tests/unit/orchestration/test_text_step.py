"""The text step: only what is new, outdated or corrected is read, and what is gone is dropped."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from models_ml.tables import TABLES as ALL_TABLES
from orchestration import ml_updates, text_changes, text_step, text_training
from orchestration.ml_parts import list_files
from orchestration.ml_steps import SuiteFailed
from orchestration.ml_tables import ml_relation, prepare_ml_tables, write_ml_table
from orchestration.ml_updates import update_ml_tables
from orchestration.settings import Settings
from orchestration.text_readers import TextReaders
from orchestration.text_step import analyse_texts

TABLES = ("feedback_texts", "feedback_sentiment", "feedback_topics", "feedback_signals",
          "feedback_routing", "topic_proposals", "text_models")
LATE = "Die Lieferung kam zu spät"
CRASH = "Die App stürzt ständig ab"
GOOD = "Sehr gut, alles bestens"
SLOW = "Die Lieferung war langsam"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, company_folder=tmp_path / "company", sources=tmp_path,
                        extracts=tmp_path)
    prepare_ml_tables(settings)
    (tmp_path / "raw").mkdir()
    with warehouse(settings) as con:
        con.execute("""
            create schema intermediate; create schema seeds;
            create table seeds.topics as select * from (values
                ('delivery', null, 'logistics'), ('app', null, 'it'))
                as t(topic, parent_topic, department);
            create table seeds.topic_terms as select * from (values
                ('delivery', 'de', 'Lieferung', 'noun', 0.9), ('app', 'de', 'App', 'noun', 0.9))
                as t(topic, language, term, kind, weight);
            create table seeds.signal_terms as select * from (values
                ('intent', 'idea', 'de', 'wünsche mir', 'phrase', 0.9))
                as t(signal, value, language, term, kind, weight);
            create table seeds.routing_rules as select * from (values
                ('app_crash', 10, 'app', 'stürzt', null, 'it'))
                as t(rule, priority, topic, term, intent, department)""")
    return settings


def warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(settings.warehouse_path))


def deliver(settings: Settings, *texts: str, writer: str = "", scores: tuple[float, ...] = (),
            departments: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> None:
    """Texts of one writer with that family name, and the labels that stand beside them."""
    labels = pd.DataFrame({
        "text": texts, "score_normalised": pd.Series(scores or [None] * len(texts), dtype=float),
        "nps_class": None, "department": departments or [None] * len(texts), "topic": None,
        "occurred_date": pd.to_datetime(pd.Series(dates or ["2026-01-01"] * len(texts))).dt.date,
    }).astype({"text": "str", "nps_class": "str", "department": "str", "topic": "str"})
    with warehouse(settings) as con:
        con.register("labels", labels)
        con.execute("""
            create or replace table intermediate.int_feedback_texts_deduplicated as
            select distinct md5(text) as text_key, text from labels;
            create or replace table intermediate.int_feedback_texts_unioned as
            select md5(text) as text_key, md5('record') as identity_record_key,
                md5(text) as feedback_id, md5(text) as source_record_key, occurred_date
            from labels;
            create or replace table intermediate.int_text_labels_collected as
            select distinct md5(text) as text_key, score_normalised, nps_class, department, topic
            from labels""")
        con.execute("create or replace table intermediate.int_identity_attributes_unioned as "
                    "select md5('record') as record_key, null::varchar as first_name, "
                    "nullif($1, '') as last_name", [writer])
    write_records(settings)


def write_records(settings: Settings) -> None:
    """The one customer there is."""
    write_ml_table(settings, "customer_records", [pd.DataFrame({
        "record_key": [key("record")], "customer_id": key("record"), "is_senior": True,
        "match_rule": "single", "match_score": 1.0, "household_key": None})])


def key(text: str) -> str:
    return md5(text.encode()).hexdigest()


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    """Rows of a table, in the order of its key."""
    with duckdb.connect() as con:
        found: list[dict[str, Any]] = con.sql(
            f"from {ml_relation(settings, table)} order by {', '.join(ALL_TABLES[table].key)}"
        ).to_arrow_table().to_pylist()
    return found


def by_text(settings: Settings, table: str, column: str) -> dict[str, Any]:
    return {row["text_key"]: row[column] for row in rows(settings, table)}


def contents(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(settings, table) for table in TABLES}


def read_now(settings: Settings) -> tuple[int, int, int]:
    """How many texts a run masks, rates and searches for topics."""
    outcome = analyse_texts(settings)
    outcome.raise_if_blocked()
    return (outcome.metrics["texts read now"], outcome.metrics["sentiment read now"],
            outcome.metrics["topics read now"])


def test_each_text_is_read_once_and_dropped_when_it_is_gone(settings: Settings) -> None:
    deliver(settings, LATE, GOOD)
    assert read_now(settings) == (2, 2, 2)
    assert read_now(settings) == (0, 0, 0)
    deliver(settings, LATE, CRASH)
    assert read_now(settings) == (1, 1, 1)
    for table in ("feedback_texts", "feedback_sentiment", "feedback_signals", "feedback_routing"):
        assert set(by_text(settings, table, "text_key")) == {key(LATE), key(CRASH)}
    assert by_text(settings, "feedback_topics", "topic") == {key(LATE): "delivery",
                                                             key(CRASH): "app"}
    assert by_text(settings, "feedback_sentiment", "sentiment_label") == {
        key(LATE): "negative", key(CRASH): "negative"}
    assert by_text(settings, "feedback_routing", "routing_reason") == {
        key(LATE): "topic:delivery", key(CRASH): "app_crash"}


def test_only_texts_that_were_there_before_are_taken_out_of_the_tables(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[set[str]] = []

    def watch(settings: Settings, con: duckdb.DuckDBPyConnection, updates: Any,
              **options: Any) -> Any:
        gone.append({text_key for update in updates for text_key, in con.execute(
            f"select text_key from {update.gone}").fetchall()})
        return update_ml_tables(settings, con, updates, **options)

    monkeypatch.setattr(text_step, "update_ml_tables", watch)
    for texts in ((LATE,), (LATE, GOOD), (LATE, CRASH)):
        deliver(settings, *texts)
        read_now(settings)
    correct(settings, f"{key(LATE)};urgency;high")
    read_now(settings)
    assert gone == [set(), set(), {key(GOOD)}, {key(LATE)}]


def test_themes_are_sought_among_the_first_texts_by_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[list[str]] = []

    def watch(readers: TextReaders, texts: pd.DataFrame) -> pd.DataFrame:
        searched.append(texts["text_key"].tolist())
        return find(readers, texts)

    find = TextReaders.propose_topics
    monkeypatch.setattr(TextReaders, "propose_topics", watch)
    monkeypatch.setattr(text_step, "THEME_SEARCHED", 10)
    texts = [f"Satz {number}" for number in range(40)]
    deliver(settings, *texts)
    read_now(settings)
    deliver(settings, *texts[:10])
    read_now(settings)
    keys = sorted(map(key, texts))
    assert searched == [[each for each in keys if each < "4"], sorted(map(key, texts[:10]))]
    assert 0 < len(searched[0]) < 20


def test_reading_bit_by_bit_gives_what_reading_at_once_gives(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Texts come, go and come again, people correct, a term is added, an author's name changes."""
    monkeypatch.setattr(ml_updates, "PART_ROWS", 2)
    monkeypatch.setattr(ml_updates, "MOST_SMALL_PARTS", 2)
    deliver(settings, LATE, SLOW)
    assert read_now(settings) == (2, 2, 2)
    deliver(settings, LATE, CRASH, GOOD)
    assert read_now(settings) == (2, 2, 2)
    deliver(settings, LATE, CRASH, GOOD, SLOW, *(f"{GOOD} {number}" for number in range(5)))
    assert read_now(settings) == (6, 6, 6)
    correct(settings, f"{key(LATE)};sentiment;positive", f"{key(CRASH)};topic;none")
    assert read_now(settings) == (0, 2, 2)
    with warehouse(settings) as con:
        con.execute("insert into seeds.topic_terms values ('app', 'de', 'alles', 'word', 0.9)")
    assert read_now(settings) == (0, 2, 9)
    deliver(settings, LATE, CRASH, GOOD, SLOW, f"{GOOD} 5", writer="Lieferung")
    assert read_now(settings) == (5, 5, 5)
    bit_by_bit = contents(settings)
    assert bit_by_bit["feedback_topics"]
    shutil.rmtree(settings.ml_path)
    prepare_ml_tables(settings)
    write_records(settings)
    assert read_now(settings) == (5, 5, 5)
    assert contents(settings) == bit_by_bit


def test_tables_that_did_not_come_into_place_together_are_concluded_anew(
    settings: Settings,
) -> None:
    deliver(settings, LATE, CRASH)
    read_now(settings)
    before = contents(settings)
    for lost in list_files(settings.ml_path, "feedback_topics"):
        lost.unlink()
    prepare_ml_tables(settings)
    assert rows(settings, "feedback_topics") == []
    assert read_now(settings) == (2, 2, 2)
    assert contents(settings) == before


def test_models_see_masked_texts_only(settings: Settings) -> None:
    text = "Rufen Sie mich an: 0171 2345678, Kowalczyk"
    deliver(settings, text, writer="Kowalczyk")
    read_now(settings)
    masked = by_text(settings, "feedback_texts", "masked_text")[key(text)]
    assert masked == "Rufen Sie mich an: [PHONE], [NAME]"
    deliver(settings, text, GOOD, writer="Other")
    assert read_now(settings) == (2, 2, 2)


@pytest.mark.parametrize(("most", "masked"), [(2, "[NAME] und [NAME]"),
                                              (1, "Kowalczyk und Wisniewski")])
def test_a_text_of_few_authors_hides_the_names_of_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int, masked: str,
) -> None:
    """Each of two customers has written it twice; one is known by two records."""
    monkeypatch.setattr(text_changes, "MOST_AUTHORS", most)
    deliver(settings, text := "Der Strudel kam von Kowalczyk und Wisniewski")
    people = pd.DataFrame({"record_key": [key(name) for name in "abc"],
                           "customer_id": [key(name) for name in "aac"],
                           "last_name": ["Kowalczyk", "Kowalczyk", "Wisniewski"]})
    with warehouse(settings) as con:
        con.register("people", people)
        con.execute("""
            create or replace table intermediate.int_identity_attributes_unioned as
            select record_key, null::varchar as first_name, last_name from people;
            create or replace table intermediate.int_feedback_texts_unioned as
            select texts.* replace (people.record_key as identity_record_key)
            from intermediate.int_feedback_texts_unioned as texts, people
            union all from intermediate.int_feedback_texts_unioned""")
    write_ml_table(settings, "customer_records", [people.assign(
        is_senior=[True, False, True], match_rule="single", match_score=1.0, household_key=None)])
    assert read_now(settings) == (1, 1, 1)
    assert by_text(settings, "feedback_texts", "masked_text")[key(text)].endswith(masked)
    assert by_text(settings, "feedback_texts", "names_key")[key(text)] == (
        key("Kowalczyk\nWisniewski") if most > 1 else None)
    assert read_now(settings) == (0, 0, 0)


def test_another_term_reads_topics_anew_and_nothing_else(settings: Settings) -> None:
    deliver(settings, LATE, GOOD)
    read_now(settings)
    with warehouse(settings) as con:
        con.execute("insert into seeds.topic_terms values ('app', 'de', 'alles', 'word', 0.9)")
    assert read_now(settings) == (0, 0, 2)
    assert by_text(settings, "feedback_topics", "topic")[key(GOOD)] == "app"


def test_a_table_that_breaks_a_rule_is_named_and_its_texts_are_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(settings, LATE)
    read_now(settings)
    before = contents(settings)
    deliver(settings, LATE, GOOD)
    rate = TextReaders.read_sentiment
    with monkeypatch.context() as broken:
        broken.setattr(TextReaders, "read_sentiment", lambda *given: {
            name: found.assign(polarity=7.0) for name, found in rate(*given).items()})
        with pytest.raises(SuiteFailed, match=r"^ml\.feedback_sentiment: .*polarity"):
            analyse_texts(settings).raise_if_blocked()
    assert rows(settings, "feedback_sentiment") == before["feedback_sentiment"]
    assert rows(settings, "feedback_texts") == before["feedback_texts"]
    assert read_now(settings) == (1, 1, 1)


def test_a_run_that_is_cut_short_leaves_the_former_tables_and_can_be_run_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cut before each ML file that is moved into place, and once before none."""
    together = [table for table in TABLES if table.startswith("feedback_")]

    def state() -> dict[str, Any]:
        return {table: rows(settings, table) for table in together}

    deliver(settings, LATE, GOOD)
    correct(settings, f"{key(GOOD)};sentiment;negative")
    read_now(settings)
    before = state()
    deliver(settings, LATE, CRASH, GOOD, writer="Lieferung")
    correct(settings)
    shutil.copytree(settings.ml_path, tmp_path / "before")
    read_now(settings)
    whole = contents(settings)
    move, moves, is_cut = Path.replace, 0, True
    while is_cut:
        shutil.rmtree(settings.ml_path)
        shutil.copytree(tmp_path / "before", settings.ml_path)
        left = [moves]

        def cut_short(path: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= path.is_relative_to(settings.ml_path)
            if left[0] < 0:
                raise KeyboardInterrupt
            return move(path, target)

        with monkeypatch.context() as cut:
            cut.setattr(Path, "replace", cut_short)
            try:
                analyse_texts(settings)
                is_cut = False
            except KeyboardInterrupt:
                assert state() == before
        assert read_now(settings) == ((3, 3, 3) if is_cut else (0, 0, 0))
        assert contents(settings) == whole
        assert list(settings.ml_path.glob("*.tmp")) == []
        moves += 1
    assert moves == 4, "proposals, models and the list of parts, then nothing more"


def test_without_a_text_every_table_is_empty(settings: Settings) -> None:
    deliver(settings)
    assert read_now(settings) == (0, 0, 0)
    assert [table for table in TABLES if rows(settings, table)
            and table != "text_models"] == []


def correct(settings: Settings, *rows: str) -> None:
    path = settings.company_folder / "decisions" / "text.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text;field;value;decided_by;decided_at;reason\n" + "".join(
        f"{row};A. Meier;2026-03-31;read it\n" for row in rows))


def test_what_a_person_says_outranks_the_models_until_it_is_taken_back(settings: Settings) -> None:
    deliver(settings, LATE, CRASH)
    read_now(settings)
    before = contents(settings)
    correct(settings, f"{key(LATE)};sentiment;positive", f"{key(LATE)};topic;app|delivery",
            f"{key(LATE)};department;finance", f"{key(LATE)};intent;question",
            f"{key(LATE)};urgency;high", f"{key(CRASH)};topic;none",
            "survey/77;sentiment;negative")
    outcome = analyse_texts(settings)
    outcome.raise_if_blocked()
    assert outcome.metrics["corrections that wait for their text"] == 1
    assert outcome.metrics["sentiment read now"] == outcome.metrics["topics read now"] == 2
    assert by_text(settings, "feedback_sentiment", "sentiment_label")[key(LATE)] == "positive"
    assert by_text(settings, "feedback_sentiment", "polarity")[key(LATE)] == 1.0
    assert [(row["topic"], row["span_start"], row["span_end"], row["sentiment_label"])
            for row in rows(settings, "feedback_topics")] == [
        ("app", 0, len(LATE), "positive"), ("delivery", 0, len(LATE), "positive")]
    routed = by_text(settings, "feedback_routing", "department")
    assert routed == {key(LATE): "finance", key(CRASH): "unknown"}
    assert by_text(settings, "feedback_routing", "routing_method")[key(LATE)] == "person"
    assert by_text(settings, "feedback_signals", "intent")[key(LATE)] == "question"
    assert by_text(settings, "feedback_signals", "urgency_label")[key(LATE)] == "high"
    correct(settings)
    assert read_now(settings) == (0, 1, 2)
    assert contents(settings) == before


def test_a_corrected_sentiment_is_that_of_the_only_topic(settings: Settings) -> None:
    deliver(settings, LATE, both := "Die Lieferung kam zu spät, aber die App ist gut")
    correct(settings, f"{key(LATE)};sentiment;positive", f"{key(both)};sentiment;neutral")
    read_now(settings)
    assert {(row["text_key"], row["topic"]): row["sentiment_label"]
            for row in rows(settings, "feedback_topics")} == {
        (key(LATE), "delivery"): "positive", (key(both), "delivery"): "negative",
        (key(both), "app"): "positive"}


def test_a_run_names_the_rows_that_wait_for_their_text(settings: Settings) -> None:
    deliver(settings, LATE)
    told: list[str] = []

    def waiting() -> list[str]:
        told.clear()
        analyse_texts(settings, progress=told.append).raise_if_blocked()
        return [line for line in told if "text.csv" in line]

    correct(settings, f"{key(LATE)};sentiment;positive")
    assert waiting() == []
    correct(settings, f"{key(LATE)};sentiment;positive", "survey/77;sentiment;negative")
    assert waiting() == ["texts: row 3 of decisions/text.csv waits for its text"]
    correct(settings, *(f"survey/{count};urgency;low" for count in range(22)))
    assert waiting() == [
        "texts: rows " + ", ".join(map(str, range(2, 22)))
        + " and 2 more of decisions/text.csv wait for their texts"]


def many_scored(count: int) -> dict[str, tuple[Any, ...]]:
    """Texts that no word list has, whose scores depend on one word."""
    shelves = [chr(97 + row % 26) + chr(97 + row // 26) for row in range(count)]
    texts = tuple(f"Der Artikel aus dem Regal {shelf} wurde am Montag "
                  f"mit {('Blorp', 'Zwonk', 'Quirl')[row % 3]} an mich übergeben"
                  for row, shelf in enumerate(shelves))
    return {"texts": texts, "scores": tuple((0.0, 0.5, 1.0)[row % 3] for row in range(count)),
            "departments": tuple(("it", "finance", "logistics")[row % 3] for row in range(count))}


def test_models_learn_from_the_companys_own_labels_and_are_kept(settings: Settings) -> None:
    given = many_scored(360)
    deliver(settings, *given["texts"], scores=given["scores"], departments=given["departments"])
    told: list[str] = []
    analyse_texts(settings, progress=told.append).raise_if_blocked()
    trained = [line for line in told if line.startswith("training: ")]
    assert len(trained) == 3
    models = {row["task"]: row for row in rows(settings, "text_models")}
    assert models["sentiment"]["status"] == models["routing"]["status"] == "published"
    assert models["sentiment"]["macro_f1"] > 0.95 > models["sentiment"]["lexicon_macro_f1"]
    assert models["topics"]["status"] == "too_few_labels"
    found = by_text(settings, "feedback_sentiment", "sentiment_label")
    assert [found[key(text)] for text in given["texts"][:3]] == ["negative", "neutral", "positive"]
    routed = by_text(settings, "feedback_routing", "department")
    assert [routed[key(text)] for text in given["texts"][:3]] == ["it", "finance", "logistics"]
    assert {row["routing_method"] for row in rows(settings, "feedback_routing")} == {"classifier"}
    told.clear()
    analyse_texts(settings, progress=told.append)
    assert [line for line in told if "sentiment" in line or "routing" in line] == []


@pytest.mark.parametrize(("later", "count", "is_drifted"), [
    ("Blorp", 100, True), ("Blorp", 99, None), ("Blorp Zwonk Quirl", 150, False),
])
def test_another_mixture_of_later_texts_is_told(
    settings: Settings, later: str, count: int, is_drifted: bool | None,
) -> None:
    settings = replace(settings, as_of=date(2026, 3, 31))
    given = many_scored(360)
    deliver(settings, *given["texts"], scores=given["scores"])
    analyse_texts(settings).raise_if_blocked()
    assert drift_of(settings) == (None, None)
    words = later.split()
    newer = tuple(text.replace("Montag", "Freitag").replace(
        ("Blorp", "Zwonk", "Quirl")[row % 3], words[row % len(words)])
        for row, text in enumerate(many_scored(count)["texts"]))
    deliver(settings, *given["texts"], *newer, scores=given["scores"] + (None,) * count,
            dates=("2026-03-31",) * 360 + ("2026-04-01",) * count)
    told: list[str] = []
    outcome = analyse_texts(settings, progress=told.append)
    outcome.raise_if_blocked()
    assert drift_of(settings) == (count, is_drifted)
    assert any("another mixture" in line for line in told) == (is_drifted is True)
    assert ("**yes**, a class share changed by" in outcome.chart) == (is_drifted is True)


def drift_of(settings: Settings) -> tuple[int | None, bool | None]:
    (model,) = (row for row in rows(settings, "text_models") if row["task"] == "sentiment")
    assert (model["share_change"] is None) == (model["is_drifted"] is None)
    return model["new_texts_count"], model["is_drifted"]


def test_a_model_is_trained_again_when_its_labels_have_outgrown_it() -> None:
    facts = {"training_version": text_training.training_version(), "labels_count": 400}
    assert not text_training.is_outgrown(facts, 599)
    assert text_training.is_outgrown(facts, 600)
    assert text_training.is_outgrown(facts | {"training_version": "older"}, 400)
    assert text_training.is_outgrown(None, 0)
