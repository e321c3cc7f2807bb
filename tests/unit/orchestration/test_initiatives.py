"""The file of initiatives: what is read, and what is refused and how."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.demo.company import build_catalogue, build_world
from ingestion.demo.decisions import write_decisions
from ingestion.demo.difficulty import Difficulty
from ingestion.demo.tools import random_stream
from orchestration.decision_files import DecisionError
from orchestration.initiatives import (
    COLUMNS,
    Initiative,
    initiatives_file,
    parse_initiatives,
    read_initiatives,
)
from orchestration.settings import DEMO_SOURCES, Settings

HEADER = ";".join(COLUMNS) + "\n"
GOOD = {"initiative_id": "displays", "name_en": "Displays", "name_de": "Schaufenster",
        "started_on": "2026-03-01", "ended_on": "31.05.2026", "scope": "Region",
        "scope_value": "Bayern | Hessen", "comparison": "", "cost": "12.500,00",
        "decided_by": "x", "decided_at": "2026-02-01", "reason": "y"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path / "company",
                    sources=tmp_path, extracts=tmp_path / "extracts")


def parse(*rows: dict[str, str]) -> tuple[Initiative, ...]:
    lines = [";".join({**GOOD, **row}[column] for column in COLUMNS) for row in rows]
    return parse_initiatives((HEADER + "\n".join(lines)).encode(), "i.csv")


def test_without_a_file_nothing_was_done(settings: Settings) -> None:
    assert read_initiatives(settings) == ()


def test_an_initiative_is_read() -> None:
    assert parse({}) == (Initiative(
        2, "displays", "Displays", "Schaufenster", date(2026, 3, 1), date(2026, 5, 31), "region",
        ("Bayern", "Hessen"), (), Decimal("12500.00"), date(2026, 2, 1)),)


def test_of_rows_about_one_the_latest_decision_counts() -> None:
    found = parse({"cost": "5", "decided_at": "2026-04-01"}, {"cost": "4"},
                  {"initiative_id": "app", "cost": ""})
    assert [(one.initiative_id, one.cost) for one in found] == [
        ("app", None), ("displays", Decimal(5))]


@pytest.mark.parametrize(("text", "amount"), [
    ("12500", "12500"), ("12500.5", "12500.5"), ("12500,50 €", "12500.50"), ("EUR", None),
    ("1.234.567", "1234567"), ("12.500,00", "12500.00"), ("12,500.00", "12500.00"),
    ("0", "0"), ("12.500", None), ("12,500", None), ("1e5", None), ("-5", None), ("many", None),
])
def test_an_amount_that_could_be_two_is_none(text: str, amount: str | None) -> None:
    if amount is None:
        with pytest.raises(DecisionError, match="row 2, column cost: no amount; write one as"):
            parse({"cost": text})
    else:
        assert parse({"cost": text})[0].cost == Decimal(amount)


@pytest.mark.parametrize(("cells", "message"), [
    ({"initiative_id": "two words"}, "column initiative_id: write a short name of letters"),
    ({"name_de": ""}, "column name_de: empty; write the German name"),
    ({"started_on": ""}, "column started_on: no date; write one as 2026-03-31 or 31.03.2026"),
    ({"ended_on": "soon"}, "column ended_on: no date; .* or nothing where it goes on"),
    ({"ended_on": "2026-01-01"}, "column ended_on: lies before started_on"),
    ({"scope": "city"}, "column scope: write one of campaign, region, "),
    ({"scope": "segment"}, "column scope: who is in it is decided by what customers buy"),
    ({"scope_value": ""}, r"column scope_value: empty; write the region, several separated by \|"),
    ({"scope": "all"}, "column scope_value: all customers have no value"),
    ({"scope": "campaign"}, "column scope_value: names several campaigns; write a row for each"),
    ({"scope": "campaign", "scope_value": "a", "comparison": "b"},
     "column comparison: write nothing for the customers held back by lot, or others"),
    ({"comparison": "hessen"}, "column comparison: names a value of scope_value"),
    ({"scope_value": "Bad  Homburg", "comparison": "bad Homburg"},
     "column comparison: names a value of scope_value"),
    ({"decided_by": ""}, "column decided_by: empty; write who decided"),
    ({"decided_at": ""}, "column decided_at: no date"),
    ({"reason": ""}, "column reason: empty; write why"),
])
def test_what_cannot_be_used_is_named_with_row_and_column(
    cells: dict[str, str], message: str,
) -> None:
    with pytest.raises(DecisionError, match=f"^i.csv: row 2, {message}") as told:
        parse(cells)
    assert "Hessen" not in str(told.value)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(DecisionError) as told:
        parse({"name_en": "", "cost": "x"}, {}, {"scope": ""})
    assert [line.split(":")[1].strip() for line in str(told.value).splitlines()] == [
        "row 2, column name_en", "row 2, column cost", "row 4, column scope"]


def test_only_the_demo_takes_what_lies_beside_its_extracts(settings: Settings) -> None:
    catalogue = build_catalogue(random_stream(7, "catalogue"))
    world = build_world(300, 3, 7, date(2026, 6, 30), Difficulty(), catalogue)
    write_decisions(settings.extracts / "decisions", world)
    assert read_initiatives(settings) == ()
    demo = replace(settings, sources=DEMO_SOURCES)
    assert [one.initiative_id for one in read_initiatives(demo)] == [
        "loyalty_weeks", "new_website", "window_displays"]
    own = settings.company_folder / "decisions" / "initiatives.csv"
    own.parent.mkdir(parents=True)
    own.write_text(HEADER)
    assert initiatives_file(demo) == own
    assert read_initiatives(demo) == ()


def test_of_one_day_the_lower_row_counts() -> None:
    (found,) = parse({"cost": "5"}, {"cost": "4"})
    assert (found.row, found.cost) == (3, Decimal(4))
