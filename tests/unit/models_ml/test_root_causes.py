"""Root causes: figures on paper, planted cells found and nothing else, who is the candidate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.improvement_words import tell_root_cause
from models_ml.root_causes import REST, find_root_causes

NOTHING = pd.DataFrame({name: [] for name in REST})


def cell(**given: object) -> dict[str, object]:
    """A cell of which 30 of the topic's 100 events are, with a tenth of the orders."""
    return {"topic": "delivery", "level_1_topic": "delivery", "dimension": "store",
            "dimension_value": "a", "people_count": 30, "events_count": 30, "exposure_count": 1000,
            "topic_events_count": 100, "dimension_exposure_count": 10_000, "scores_count": 0,
            "score_sum": 0.0, "score_square_sum": 0.0, "topic_scores_count": 0,
            "topic_score_sum": 0.0, "topic_score_square_sum": 0.0, "cost_amount": 120.0, **given}


def usual(count: int = 60) -> list[dict[str, object]]:
    """Cells as they should be: ten events where ten are expected."""
    return [cell(topic=f"topic_{i}", level_1_topic=f"topic_{i}", events_count=10, people_count=10)
            for i in range(count)]


def test_a_cell_on_paper() -> None:
    """30 of 100 with a tenth of the orders: (30 / 1,000) / (70 / 9,000) = 3.857."""
    found = find_root_causes(pd.DataFrame([cell(), *usual()]), NOTHING, observed_days=730)
    top = found.iloc[0]
    assert (top["topic"], top["issue_rank"], top["stands_out"]) == ("delivery", 1, True)
    assert top["expected_count"] == pytest.approx(10)
    assert top["ratio"] == pytest.approx(30 / 1000 / (70 / 9000))
    # Clopper-Pearson of 30 in 100: .2124 to .3998, as odds by the odds of a tenth.
    assert top["ratio_low"] == pytest.approx(0.21241 / (1 - 0.21241) * 9, rel=1e-3)
    assert top["ratio_high"] == pytest.approx(0.39981 / (1 - 0.39981) * 9, rel=1e-3)
    assert 1 < top["shrunk_low"] < top["shrunk_ratio"] <= 3.2
    assert top["cost_per_year"] == pytest.approx(120 * 365.25 / 730)
    assert top["excess_cost_per_year"] == pytest.approx(
        top["cost_per_year"] * (1 - 1 / top["shrunk_ratio"]))
    assert not found["is_candidate"].iloc[1:].any()
    assert found["issue_rank"].iloc[1:].isna().all()


def test_a_month_costs_what_it_did_and_comes_after_what_stands_still() -> None:
    month = cell(topic="app", level_1_topic="app", dimension="month", dimension_value="2026-01",
                 cost_amount=900.0)
    found = find_root_causes(pd.DataFrame([month, cell(), *usual()]), NOTHING, observed_days=30)
    first, second = found.iloc[0], found.iloc[1]
    assert (first["dimension"], first["issue_rank"]) == ("store", 1)
    assert first["cost_per_year"] == pytest.approx(120 * 365.25 / 30)
    assert (second["dimension"], second["issue_rank"]) == ("month", 2)
    assert second["cost_per_year"] == 900
    assert second["excess_cost_per_year"] == pytest.approx(900 * (1 - 1 / second["shrunk_ratio"]))


def simulate(seed: int, planted: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 topics by 100 products, of which some have four times the events they should."""
    rng = np.random.default_rng(seed)
    topics, products = 40, 100
    orders = np.round(rng.lognormal(6, 1, products)) + 5
    rates, factor = rng.lognormal(-4.5, 0.8, topics), np.ones(topics * products)
    factor[rng.choice(topics * products, planted, replace=False)] = 4
    events = rng.poisson(rates[:, None] * orders * factor.reshape(topics, products))
    topic, product = (part.ravel() for part in np.indices(events.shape))
    cells = pd.DataFrame([cell()] * events.size).assign(
        topic=topic.astype(str), level_1_topic=topic.astype(str), dimension_value=product,
        events_count=events.ravel(), people_count=events.ravel(), exposure_count=orders[product],
        topic_events_count=events.sum(1)[topic], dimension_exposure_count=orders.sum(),
        is_planted=factor > 1)
    cells["mean"] = (cells["topic_events_count"] * cells["exposure_count"]
                     / cells["dimension_exposure_count"])
    small = cells["people_count"] < 5
    rest = cells[small & (cells["mean"] > 0)].assign(
        expected_count=lambda part: part["mean"], cells_count=1)
    return cells[~small], rest[[*REST]]


def test_planted_cells_are_found_and_no_others() -> None:
    found_cells, false, wanted, recovered = 0, 0, 0, 0
    for seed in range(4):
        cells, rest = simulate(seed, planted=30)
        found = find_root_causes(cells, rest, observed_days=365)
        named = found[found["stands_out"]]
        found_cells += len(named)
        false += int((~named["is_planted"]).sum())
        clear = found[found["is_planted"] & (found["expected_count"] >= 5)]
        wanted, recovered = wanted + len(clear), recovered + int(clear["stands_out"].sum())
    assert false <= 0.05 * found_cells
    assert recovered >= 0.85 * wanted > 0


def test_where_nothing_is_planted_nothing_stands_out() -> None:
    for seed in range(4):
        cells, rest = simulate(100 + seed, planted=0)
        assert not find_root_causes(cells, rest, observed_days=365)["stands_out"].any()


def test_a_score_that_is_worse_makes_a_candidate_too() -> None:
    bad = cell(topic="price", level_1_topic="price", events_count=10, people_count=10,
               scores_count=50, score_sum=15.0, score_square_sum=6.0, topic_scores_count=500,
               topic_score_sum=300.0, topic_score_square_sum=200.0)
    found = find_root_causes(pd.DataFrame([bad, *usual()]), NOTHING, observed_days=365)
    top = found.iloc[0]
    assert (top["topic"], top["stands_out"], top["is_candidate"]) == ("price", False, True)
    assert top["score"] == pytest.approx(0.3)
    assert top["rest_score"] == pytest.approx(285 / 450)
    assert top["score_difference_high"] < 0
    elsewhere = find_root_causes(pd.DataFrame([{**bad, "dimension": "touchpoint"}, *usual()]),
                                 NOTHING, observed_days=365)
    assert not elsewhere["is_candidate"].any()


@pytest.mark.parametrize(("events", "named"), [(28, "damage"), (12, "delivery")])
def test_the_subtopic_is_named_where_it_is_what_is_too_much(events: int, named: str) -> None:
    """The subtopic explains nearly all of the topic's excess, or a small part of it."""
    below = cell(topic="damage", events_count=events, people_count=events, topic_events_count=32)
    found = find_root_causes(pd.DataFrame([cell(), below, *usual()]), NOTHING, observed_days=365)
    assert list(found[found["is_candidate"]]["topic"]) == [named]


def test_the_only_value_of_a_dimension_is_no_more_than_itself() -> None:
    alone = cell(events_count=100, people_count=100, exposure_count=10_000)
    found = find_root_causes(pd.DataFrame([alone, *usual()]), NOTHING, observed_days=365)
    row = found[found["topic"] == "delivery"].iloc[0]
    assert not row["stands_out"]
    assert np.isnan(row["ratio"])


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="cells: missing column topic"):
        find_root_causes(pd.DataFrame([cell()]).drop(columns="topic"), NOTHING, observed_days=1)
    with pytest.raises(ValueError, match="observed_days"):
        find_root_causes(pd.DataFrame([cell()]), NOTHING, observed_days=0)


def test_evidence_has_the_numbers_in_both_languages() -> None:
    english, german = tell_root_cause(
        {"dimension": "delivery", "topic_name_en": "Delivery", "topic_name_de": "Lieferung",
         "value_name_en": "late", "value_name_de": "verspätet", "events_count": 1202,
         "people_count": 187, "exposure_count": 1064, "shrunk_ratio": 6.33, "shrunk_low": 5.5,
         "shrunk_high": 7.25, "excess_cost_per_year": 1294.2, "is_score_worse": True,
         "score": 0.36, "rest_score": 0.51}, "EUR")
    assert english == (
        "Delivery for orders delivered late: 1,202 problems of 187 people in 1,064 orders, 6.3 "
        "times as many as elsewhere (95 % interval 5.5 to 7.2); the excess costs about 1,294 EUR a "
        "year in contacts; sentiment 0.36 against 0.51 elsewhere (0 to 1).")
    assert german == (
        "Lieferung bei verspätet gelieferten Bestellungen: 1.202 Probleme von 187 Personen bei "
        "1.064 Bestellungen, 6,3-mal so viele wie sonst (95-%-Intervall 5,5 bis 7,2); was darüber "
        "liegt, kostet etwa 1.294 EUR im Jahr an Kontakten; Stimmung 0,36 gegenüber 0,51 sonst "
        "(0 bis 1).")


def test_evidence_of_a_month_says_what_it_cost_in_that_month() -> None:
    english, german = tell_root_cause(
        {"dimension": "month", "topic_name_en": "App", "topic_name_de": "App",
         "value_name_en": "2026-01", "value_name_de": "2026-01", "events_count": 40,
         "people_count": 30, "exposure_count": 900, "shrunk_ratio": 3.0, "shrunk_low": 2.0,
         "shrunk_high": 4.0, "excess_cost_per_year": 250.0, "is_score_worse": False}, "EUR")
    assert "; the excess cost about 250 EUR in that month in contacts." in english
    assert "; was darüber liegt, kostete etwa 250 EUR in diesem Monat an Kontakten." in german
