"""What is used up; when it is due is tested where the engine counts it."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.replenishment import find_replenished


def product(**values: float) -> dict[str, object]:
    return {"product_id": "filter", "buyers_count": 50, "repeat_buyers_count": 10,
            "intervals_count": 20.0, "interval_days_sum": 600.0, **values}


def test_a_product_many_buy_again_has_the_mean_interval() -> None:
    assert find_replenished(pd.DataFrame([product()])).to_dict("records") == [
        {"product_id": "filter", "repeat_share": 0.2, "product_interval_days": 30.0}]


@pytest.mark.parametrize("few", [{"repeat_buyers_count": 9}, {"buyers_count": 51}])
def test_what_few_buy_again_is_not_used_up(few: dict[str, float]) -> None:
    assert find_replenished(pd.DataFrame([product(**few)])).empty
