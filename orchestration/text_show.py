"""What was concluded about one text, for a person to look at; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb

from orchestration.explain import built_warehouse
from orchestration.ml_tables import ml_relation
from orchestration.settings import Settings
from orchestration.text_decisions import (
    keys_of_text,
    read_text_decisions,
    resolve_text_decisions,
)


class UnknownText(LookupError):
    """No text of that name has been read; the message says how texts are named."""


def describe_text(settings: Settings, name: str) -> Iterator[str]:
    """Yield lines about a text: its masked form, sentiment, topics with their words, department.

    A customer's text may hold signs that steer a terminal; no line has one that is not printable.

    Raises:
        UnknownText: there is none of that name.
        NothingBuilt: no run has built the warehouse yet.
    """
    with built_warehouse(settings) as warehouse:
        keys = [key for key, in warehouse.execute(
            "select distinct text_key from intermediate.int_feedback_texts_unioned "
            "where list_has_any([text_key, feedback_id, source_record_key], $1::varchar[]) "
            "order by text_key", [keys_of_text(name)]).fetchall()]
        corrections, _ = resolve_text_decisions(warehouse, read_text_decisions(settings))
    if not keys:
        raise UnknownText(
            f"{name}: no such text; write its text_key, or source/reference of the feedback as in "
            "survey/10023")
    with closing(duckdb.connect()) as con:
        for key in keys:
            yield from map(_printable, _describe(settings, con, key))
            for one in corrections[corrections["text_key"] == key].itertuples():
                yield f"corrected   {one.field}: {one.value or 'none'}"


def _printable(line: str) -> str:
    return "".join(filter(str.isprintable, line))


def _describe(settings: Settings, con: duckdb.DuckDBPyConnection, key: str) -> Iterator[str]:
    def rows(table: str) -> list[dict[str, Any]]:
        found = con.execute(f"select * from {ml_relation(settings, table)} where text_key = $1",
                            [key])
        names = [column[0] for column in found.description]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    texts = rows("feedback_texts")
    if not texts:
        yield f"text_key    {key}: not read yet; run `cx360 run`"
        return
    text = texts[0]["masked_text"]
    yield f"text_key    {key}"
    yield f"text        {' '.join(text.split())}"
    yield f"language    {texts[0]['language']} ({texts[0]['language_probability']:.2f})"
    for one in rows("feedback_sentiment"):
        probability = one["sentiment_probability"]
        yield (f"sentiment   {one['sentiment_label']}"
               + ("" if probability is None else f" ({probability:.2f})")
               + (", unsure" if one["is_unsure"] else "")
               + f", by {one['model_name']} {one['model_version']}")
    for one in sorted(rows("feedback_topics"), key=lambda row: row["span_start"]):
        words = " ".join(text[one["span_start"]:one["span_end"]].split())
        yield (f"topic       {one['topic']} ({one['topic_score']:.2f}), "
               f"{one['sentiment_label']}: {words}")
    for one in rows("feedback_signals"):
        yield f"intent      {one['intent']} ({one['intent_probability']:.2f})"
        yield f"urgency     {one['urgency_label']} ({one['urgency']:.2f})"
        yield f"emotion     {one['emotion']}; dimension {one['experience_dimension']}"
    for one in rows("feedback_routing"):
        yield (f"department  {one['department']} ({one['routing_probability']:.2f}), by "
               f"{one['routing_method']} {one['routing_reason'] or ''}".rstrip()
               + (", to be checked by a person" if one["is_to_be_checked"] else ""))
