"""Corrections of texts: what is read, what is refused and how, and how rows are added."""

from __future__ import annotations

from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

from orchestration.decision_files import DecisionError
from orchestration.settings import Settings
from orchestration.text_decisions import (
    FIELDS,
    VALUES,
    allowed_values,
    append_text_decision,
    parse_text_decisions,
    read_text_decisions,
    resolve_text_decisions,
    text_decisions_file,
    to_text_name,
)

HEADER = "text;field;value;decided_by;decided_at;reason\n"
ALLOWED = {**VALUES, "topic": ("delivery", "price", "staff"), "department": ("it", "logistics")}
KEY = md5(b"a text").hexdigest()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path / "company",
                    sources=tmp_path, extracts=tmp_path)


def parse(*rows: str) -> list[tuple[int, str, str, tuple[str, ...]]]:
    found = parse_text_decisions((HEADER + "\n".join(rows)).encode(), "text.csv", ALLOWED)
    return [(one.row, one.text, one.field, one.values) for one in found]


def problems(*rows: str) -> list[str]:
    with pytest.raises(DecisionError) as raised:
        parse(*rows)
    return str(raised.value).splitlines()


@pytest.mark.parametrize("more", ["", "survey/2;sentiment;neutral;x;2026-01-01;y\n" * 5_000])
def test_a_quotation_mark_that_is_not_closed_swallows_no_row(more: str) -> None:
    rows = ("survey/1;sentiment;positive;x;2026-01-01;y", 'survey/2;topic;none;x;2026-01-01;"irony',
            "survey/3;sentiment;neutral;x;2026-01-01;z")
    assert problems(*rows, more) == [
        "text.csv: row 3: a cell begins with a quotation mark and does not end with one before ; "
        "or the end of the row; close it, or leave it out"]


def test_a_quoted_cell_may_hold_lines_and_a_last_row_no_line_end() -> None:
    assert parse('survey/1;topic;none;x;2026-01-01;"one\ntwo"',
                 'survey/2;topic;none;x;2026-01-01;"irony"') == [
        (2, "survey/1", "topic", ()), (3, "survey/2", "topic", ())]


def test_a_column_that_is_there_twice_is_refused() -> None:
    content = b"text;field;value;value;decided_by;decided_at;reason\n"
    with pytest.raises(DecisionError, match=r"text.csv: column value is there more than once"):
        parse_text_decisions(content, "text.csv", ALLOWED)


def test_without_a_file_nothing_is_corrected(settings: Settings) -> None:
    assert read_text_decisions(settings) == ()


def test_fields_are_read_by_text() -> None:
    assert parse(f"{KEY.upper()};Sentiment;Positive;x;2026-03-31;y",
                 "survey / 10/7;topic; price|delivery ;x;31.03.2026;y",
                 "survey/10/7;department;it;x;2026-03-31;y",
                 "social/1;topic;none;x;2026-03-31;y") == [
        (2, KEY, "sentiment", ("positive",)), (5, "social/1", "topic", ()),
        (4, "survey/10/7", "department", ("it",)),
        (3, "survey/10/7", "topic", ("delivery", "price"))]


@pytest.mark.parametrize("content", [
    (HEADER + "s/1;intent;idea;Änne;2026-03-31;Anruf\n").encode("windows-1252"),
    (HEADER.replace(";", ",") + "s/1,intent,idea,Änne,2026-03-31,Anruf\n").encode("utf-8-sig"),
    ("Reason\tnote\tvalue\tdecided_at\tdecided_by\tfield\ttext\r\n"
     "Anruf\tx\tidea\t2026-03-31\tÄnne\tintent\ts/1\r\n\t\t\t\t\t\t\r\n").encode(),
])
def test_the_form_of_the_file_does_not_matter(content: bytes) -> None:
    (one,) = parse_text_decisions(content, "text.csv", ALLOWED)
    assert (one.row, one.text, one.field, one.values) == (2, "s/1", "intent", ("idea",))
    assert (one.decided_by, one.decided_on, one.reason) == ("Änne", date(2026, 3, 31), "Anruf")


@pytest.mark.parametrize(("row", "expected"), [
    ("10023;sentiment;positive;x;2026-03-31;y", "column text: names no text"),
    ("s/1;mood;positive;x;2026-03-31;y",
     "column field: unknown word; write sentiment, topic, department, intent or urgency"),
    ("s/1;sentiment;good;x;2026-03-31;y",
     "column value: no sentiment; write negative, neutral or positive"),
    ("s/1;sentiment;negative|positive;x;2026-03-31;y", "column value: no sentiment"),
    ("s/1;topic;price|cost;x;2026-03-31;y", "column value: no topic; write delivery, price or "
     "staff, several of them with | between, or none"),
    ("s/1;topic;none|price;x;2026-03-31;y", "column value: no topic"),
    ("s/1;topic;;x;2026-03-31;y", "column value: no topic"),
    ("s/1;department;none;x;2026-03-31;y", "column value: no department; write it or logistics"),
    ("s/1;urgency;high;;2026-03-31;y", "column decided_by: empty; write who decided"),
    ("s/1;urgency;high;x;2026-31-03;y", "column decided_at: no date; write one as 2026-03-31"),
    ("s/1;urgency;high;x;2026-03-31", "column reason: empty; write why"),
])
def test_a_row_that_cannot_be_used_is_told_by_row_and_column(row: str, expected: str) -> None:
    (problem,) = problems("s/2;sentiment;positive;x;2026-03-31;y", row)
    assert problem.startswith(f"text.csv: row 3, {expected}")


def test_everything_wrong_is_told_at_once_and_never_a_value() -> None:
    found = problems("Mustermann;Erika;positive;x;2026-03-31;y", "s/1;intent;Idee;x;gestern;y")
    assert [problem.split(":")[1].strip() for problem in found] == [
        "row 2, column text", "row 2, column field", "row 3, column value",
        "row 3, column decided_at"]
    assert not any(word in "".join(found) for word in ("Mustermann", "Erika", "Idee", "gestern"))


def test_the_latest_correction_of_a_field_counts() -> None:
    assert parse("s/1;sentiment;positive;x;2026-03-31;y", "s/1;sentiment;negative;x;2026-04-01;y",
                 "s/1;sentiment;neutral;x;2026-02-01;y", "s/1;intent;idea;x;2026-01-01;y") == [
        (5, "s/1", "intent", ("idea",)), (3, "s/1", "sentiment", ("negative",))]


def test_two_values_on_one_date_contradict_each_other_and_the_same_value_does_not() -> None:
    (problem,) = problems("s/1;topic;price;x;2026-03-31;y", "s/1;topic;staff;x;2026-03-31;y")
    assert problem.startswith("text.csv: rows 2 and 3: two values of topic for one text")
    assert parse("s/1;topic;price|staff;x;2026-03-31;y", "s/1;topic;staff|price;z;2026-03-31;y"
                 ) == [(3, "s/1", "topic", ("price", "staff"))]


def test_a_text_is_named_by_its_key_or_by_source_and_reference() -> None:
    assert to_text_name(f" {KEY.upper()} ") == KEY
    assert to_text_name("survey / 1/2") == "survey/1/2"
    assert [to_text_name(text) for text in ("", "10023", "survey/", "/1", KEY[:-1])] == [None] * 5


def test_topics_and_departments_are_those_of_the_seeds(settings: Settings) -> None:
    seeds = settings.company_folder / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "topics.csv").write_text("topic,level\nlieferung,1\npreis,1\n\n", encoding="utf-8-sig")
    allowed = allowed_values(settings)
    assert set(allowed) == set(FIELDS)
    assert allowed["topic"] == ("lieferung", "preis")
    assert "logistics" in allowed["department"]
    assert "department" not in allowed["department"]


def correct(settings: Settings, text: str = "s/1", by: str = "Änne", **corrections: str) -> int:
    return append_text_decision(settings, text, corrections, by=by, on=date(2026, 3, 31),
                                reason="read it", allowed=ALLOWED)


def test_corrections_are_added_as_rows(settings: Settings) -> None:
    assert correct(settings, sentiment="positive", topic="price|staff") == 3
    assert correct(settings, KEY, intent="idea") == 4
    assert text_decisions_file(settings).read_bytes().decode() == (
        "\ufeff" + HEADER + "s/1;sentiment;positive;Änne;2026-03-31;read it\n"
        "s/1;topic;price|staff;Änne;2026-03-31;read it\n"
        f"{KEY};intent;idea;Änne;2026-03-31;read it\n")
    assert len(read_text_decisions(settings, ALLOWED)) == 3


def test_of_corrections_that_cannot_be_used_none_is_added(settings: Settings) -> None:
    correct(settings, sentiment="positive")
    before = text_decisions_file(settings).read_bytes()
    with pytest.raises(DecisionError, match="row 4, column value: no urgency"):
        correct(settings, intent="idea", urgency="soon")
    with pytest.raises(DecisionError, match="rows 2 and 3"):
        correct(settings, sentiment="negative")
    assert text_decisions_file(settings).read_bytes() == before


def test_corrections_are_resolved_to_texts_and_the_others_wait() -> None:
    post, answer = (md5(f"{name}|s|1".encode()).hexdigest()
                    for name in ("social.posts", "survey.answers"))
    con = duckdb.connect()
    con.execute("create table feedback as select * from (values "
                f"('{post}', '{post}', '{KEY}'), ('f2', '{answer}', 'other')) "
                "as rows (feedback_id, source_record_key, text_key)")
    decisions = parse_text_decisions((HEADER + "\n".join((
        "s/1;topic;staff|price;x;2026-03-31;y", "s/9;sentiment;neutral;x;2026-03-31;y",
        "s/1;sentiment;positive;x;2026-03-31;y", f"{KEY};sentiment;negative;x;2026-04-01;y"))
        ).encode(), "text.csv", ALLOWED)
    frame, waiting = resolve_text_decisions(con, decisions, feedback="feedback")
    assert frame.to_numpy().tolist() == sorted([
        [KEY, "sentiment", "negative"], [KEY, "topic", "price|staff"],
        ["other", "sentiment", "positive"], ["other", "topic", "price|staff"]])
    assert waiting == (3,)
    empty, waiting = resolve_text_decisions(con, (), feedback="feedback")
    assert [*empty] == ["text_key", "field", "value"]
    assert (len(empty), waiting) == (0, ())
