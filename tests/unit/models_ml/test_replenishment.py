"""What is used up, and when it is due again."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.replenishment import find_due, find_replenished


def product(**values: float) -> dict[str, object]:
    return {"product_id": "filter", "buyers_count": 50, "repeat_buyers_count": 10,
            "intervals_count": 20.0, "interval_days_sum": 600.0, **values}


def test_a_product_many_buy_again_has_the_mean_interval() -> None:
    assert find_replenished(pd.DataFrame([product()])).to_dict("records") == [
        {"product_id": "filter", "repeat_share": 0.2, "product_interval_days": 30.0}]


@pytest.mark.parametrize("few", [{"repeat_buyers_count": 9}, {"buyers_count": 51}])
def test_what_few_buy_again_is_not_used_up(few: dict[str, float]) -> None:
    assert find_replenished(pd.DataFrame([product(**few)])).empty


def bought(**values: object) -> dict[str, object]:
    return {"customer_id": "c1", "product_id": "filter", "purchases_count": 1, "span_days": 0,
            "days_since": 30, "repeat_share": 0.5, "product_interval_days": 30.0, **values}


def due(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    found = find_due(pd.DataFrame(rows))
    return list(found[["customer_id", "product_id", "interval_days", "recommendation_rank"]]
                .itertuples(index=False, name=None))


def test_one_purchase_leans_on_all_buyers() -> None:
    assert due(bought()) == [("c1", "filter", 30.0, 1)]


def test_own_intervals_draw_the_interval_to_them() -> None:
    # Three intervals of 10 days and two of 30: (30 + 60) / 5.
    assert due(bought(purchases_count=4, span_days=30, days_since=18)) == [
        ("c1", "filter", 18.0, 1)]


@pytest.mark.parametrize(("days_since", "is_due"), [(23, False), (24, True), (60, True),
                                                    (61, False)])
def test_it_is_due_from_eight_tenths_to_twice_the_interval(days_since: int, is_due: bool) -> None:
    assert bool(due(bought(days_since=days_since))) is is_due


def test_the_longest_due_comes_first_within_a_customer() -> None:
    assert [(row[1], row[3]) for row in due(
        bought(), bought(product_id="soap", days_since=45), bought(customer_id="c0"))] == [
            ("filter", 1), ("soap", 1), ("filter", 2)]


def test_nothing_bought_is_nothing_due() -> None:
    assert find_due(pd.DataFrame([bought()]).iloc[:0]).empty
