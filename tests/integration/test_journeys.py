"""Journeys of the demo company: what was planted is where the scorecard points."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from company import Company
from conftest import CUSTOMERS, MONTHS

from ingestion.demo import generate

PLANTED = {"app_outage": "app_error", "delivery_strike": "delivery"}


@pytest.fixture(scope="module")
def worst_months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Month -> touchpoints that something planted spoiled for most of its days."""
    folder: Path = tmp_path_factory.mktemp("truth")
    generate(folder / "extracts", truth=folder / "truth", customers=CUSTOMERS, months=MONTHS)
    found: dict[str, set[str]] = defaultdict(set)
    for event in pd.read_parquet(folder / "truth" / "events.parquet").itertuples():
        if event.event in PLANTED:
            days = pd.date_range(event.started_on, event.ended_on)
            found[days.strftime("%Y-%m").value_counts().idxmax()].add(PLANTED[event.event])
    return dict(found)


def test_what_was_planted_is_the_worst_touchpoint_of_its_month(
    demo: Company, worst_months: dict[str, set[str]],
) -> None:
    assert set().union(*worst_months.values()) == set(PLANTED.values())
    for month, spoiled in worst_months.items():
        worst = demo.read(f"""
            select touchpoint_type from reporting.touchpoint_scorecard
            where period = '{month}' and channel = 'all' and outcome = 'all'
                and improvement_rank <= {len(spoiled)}""")
        assert {touchpoint for (touchpoint,) in worst} == spoiled


def test_a_spoiled_month_stands_out_among_the_months(
    demo: Company, worst_months: dict[str, set[str]],
) -> None:
    for month, spoiled in worst_months.items():
        for touchpoint in spoiled:
            ((first,),) = demo.read(f"""
                select period from reporting.touchpoint_scorecard
                where touchpoint_type = '{touchpoint}' and channel = 'all' and outcome = 'all'
                    and period <> 'all' and revenue_at_stake is not null
                order by bad_contact_share * contacts_count desc limit 1""")
            assert first == month


@pytest.mark.parametrize(("spoiled", "measure"), [
    ("delivery", "bad_contact_share"), ("app_error", "contacts_count")])
def test_what_was_planted_is_far_from_every_other_month(
    demo: Company, worst_months: dict[str, set[str]], spoiled: str, measure: str,
) -> None:
    """Delivery is first in most months anyway: only this would miss the strike, or the outage."""
    months = demo.read(f"""
        select period, {measure} from reporting.touchpoint_scorecard
        where touchpoint_type = '{spoiled}' and channel = 'all' and outcome = 'all'
            and period <> 'all' and {measure} is not null
        order by 2 desc""")
    (first, worst), (_, second), *_ = months
    assert spoiled in worst_months.get(first, set())
    assert worst > 2 * second


def test_every_contact_is_in_one_journey_or_says_why_not(demo: Company) -> None:
    """The laws say it of the warehouse; here of what a reader gets."""
    assert demo.read("""
        select count(*) - count(journey_id) - count(no_journey_reason),
            count_if(journey_id is null) = 0
        from touchpoints""") == [(0, False)]
    assert demo.read("""
        select (select count(*) from touchpoints where journey_id is not null)
            - (select count(*) from journey_steps where not is_overlapping)""") == [(0,)]
    assert {kind for (kind,) in demo.read("select distinct journey_type from journeys")} == {
        "purchase", "service", "complaint", "contract", "onboarding"}
