"""The file of decided improvements: forgiving about form, strict about content."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.decision_files import DecisionError
from orchestration.improvements import (
    COLUMNS,
    Improvement,
    parse_improvements,
    split_issue,
    to_frame,
)

TOPICS = {"delivery", "price"}
REASONS = {"order_status"}
HEADER = ";".join(COLUMNS)


def parse(*rows: str, header: str = HEADER) -> tuple[Improvement, ...]:
    return parse_improvements(
        "\n".join([header, *rows]).encode(), "improvements.csv", TOPICS, REASONS)


def test_a_row_in_german_with_german_dates() -> None:
    (one,) = parse("Problem;delivery/store/a/b;Zweiter Dienst;Logistik;01.04.2026;Begonnen;E.;"
                   "25.03.2026;Streik")
    assert one == Improvement(2, "issue", "delivery/store/a/b", "Zweiter Dienst", "Logistik",
                              date(2026, 4, 1), "started", date(2026, 3, 25))
    assert split_issue(one.kind, one.issue) == ("delivery", "store", "a/b")


@pytest.mark.parametrize(("kind", "issue", "parts"), [
    ("issue", "price", ("price",)), ("article", "order_status", ("order_status",)),
    ("training", "Team A/B/delivery", ("Team A/B", "delivery")),
    ("training", "A/all", ("A", "all")),
])
def test_parts_of_an_issue(kind: str, issue: str, parts: tuple[str, ...]) -> None:
    (one,) = parse(f"{kind};{issue};do it;;;decided;x;2026-03-25;y")
    assert split_issue(one.kind, one.issue) == parts
    assert (one.owner, one.effective_from) == ("", None)


def test_the_latest_of_several_decisions_counts() -> None:
    (one,) = parse("issue;price;a;;2026-03-01;done;x;2026-03-25;y",
                   "issue;price;b;;;rejected;x;2026-03-24;y")
    assert (one.decision, one.state) == ("a", "done")


@pytest.mark.parametrize(("row", "column"), [
    ("wish;price;a;;;decided;x;2026-03-25;y", "kind"),
    ("issue;prices;a;;;decided;x;2026-03-25;y", "issue"),
    ("issue;price/shop/a;a;;;decided;x;2026-03-25;y", "issue"),
    ("issue;price/store;a;;;decided;x;2026-03-25;y", "issue"),
    ("issue;price/store/;a;;;decided;x;2026-03-25;y", "issue"),
    ("training;A;a;;;decided;x;2026-03-25;y", "issue"),
    ("training;A/delivry;a;;;decided;x;2026-03-25;y", "issue"),
    ("article;;a;;;decided;x;2026-03-25;y", "issue"),
    ("article;retruns;a;;;decided;x;2026-03-25;y", "issue"),
    ("issue;price;;;;decided;x;2026-03-25;y", "decision"),
    ("issue;price;a;;soon;decided;x;2026-03-25;y", "from"),
    ("issue;price;a;;;done;x;2026-03-25;y", "from"),
    ("issue;price;a;;;perhaps;x;2026-03-25;y", "state"),
    ("issue;price;a;;;decided;;2026-03-25;y", "decided_by"),
    ("issue;price;a;;;decided;x;yesterday;y", "decided_at"),
    ("issue;price;a;;;decided;x;2026-03-25;", "reason"),
])
def test_what_is_wrong_is_named_by_row_and_column_without_a_value(row: str, column: str) -> None:
    with pytest.raises(DecisionError, match=rf"row 3, column {column}") as raised:
        parse("issue;price;a;;;decided;x;2026-03-25;y", row)
    assert "prices" not in str(raised.value)
    assert "yesterday" not in str(raised.value)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(DecisionError) as raised:
        parse("wish;price;;;;perhaps;;;")
    assert len(str(raised.value).splitlines()) == 6


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DecisionError, match="column state"):
        parse(header=HEADER.replace(";state", ""))


def test_as_a_table_nobody_is_named_who_decided() -> None:
    frame = to_frame(parse("issue;price;a;;2026-03-01;done;Erika;2026-03-25;weil"),
                     {("issue", "price")})
    assert "Erika" not in frame.to_csv()
    assert frame["owner"].isna().all()
    assert frame["is_known"].all()
    assert len(to_frame((), ())) == 0
