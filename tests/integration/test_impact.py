"""Impact in money on the demo company: verdicts are what its data allow."""

from __future__ import annotations

import pytest
from company import Company


def test_the_three_initiatives_are_measured_as_their_data_allow(demo: Company) -> None:
    rows = demo.read("select initiative_id, method, verdict_reason, pre_trend from initiatives "
                     "order by initiative_id")
    assert [row[:3] for row in rows if row[0] != "window_displays"] == [
        ("loyalty_weeks", "random_holdout", None), ("new_website", None, "no_comparison")]
    (displays,) = [row for row in rows if row[0] == "window_displays"]
    assert displays[1] == "difference_in_differences"
    # In three months of a few customers there may be too few who could change.
    assert displays[2] in (None, "too_few", "moved_apart_before")


def test_everybody_of_the_campaign_counts_on_the_side_of_the_lot(demo: Company) -> None:
    drawn = demo.read_raw(f"""
        select is_control_group, count(distinct customer_key) from {demo.raw('crm_campaign_sends')}
        where campaign_key in (select record_key from {demo.raw('crm_campaigns')}
                               where name = 'Treuewochen')
        group by 1""")
    sides = dict(drawn)
    ((treated, compared, matched),) = demo.read(
        "select customers_count, comparison_count, matched_share from initiatives "
        "where initiative_id = 'loyalty_weeks'")
    # Two records of one person are one customer, and classes without both sides are left out.
    assert 0.9 * sides[False] <= treated <= sides[False]
    assert 0.8 * sides[True] <= compared <= sides[True]
    assert matched > 0.8


def test_the_return_is_that_of_the_initiatives_with_one(demo: Company) -> None:
    ((gain, cost),) = demo.read(
        "select sum(gain), sum(cost) from reporting.initiative_results where roi is not null")
    ((value, n),) = demo.read(
        "select value, n from reporting.kpi_values where kpi_id = 'roi' and grain = 'all'")
    assert value == pytest.approx(float((gain - cost) / cost), abs=1e-6)
    assert n == round(cost)


def test_in_three_months_no_score_and_no_experience_has_its_half_years(demo: Company) -> None:
    for table in ("score_worth", "bad_experience_costs"):
        rows = demo.read(f"select distinct verdict, verdict_reason from {table}")
        assert rows == [("cannot_be_said", "history_too_short")]


def test_who_decided_is_not_published(demo: Company) -> None:
    for table in ("initiatives", "initiative_results"):
        columns = {name for (name,) in demo.read(
            "select column_name from information_schema.columns "
            f"where table_name = '{table}'")}
        assert "verdict_de" in columns
        assert not columns & {"decided_by", "reason"}
