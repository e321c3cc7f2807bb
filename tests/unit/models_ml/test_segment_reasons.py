"""Why there are so many segments, in sentences that are true of what was tried."""

from __future__ import annotations

import numpy as np
import pytest

from models_ml.segment_divisions import CentreDivision, Choice, Stability, Trial
from models_ml.segment_reasons import explain_choice

NINE, SHAKY = Trial(9, 0.8996, 0.95), Trial(8, 0.93, 0.8444)
SIX, WHOLE = Trial(6, 0.953, 0.91), Trial(1, 1.0, 1.0)


@pytest.mark.parametrize(("tried", "is_divided", "customers", "points", "reason"), [
    ((SIX,), True, 900, 80,
     "6 segments are found again in bootstrap samples of the customers: adjusted Rand index 0.953, "
     "0.9 is needed"),
    ((NINE, SHAKY, WHOLE, SIX), True, 900, 80,
     "6 segments are found again in bootstrap samples of the customers: adjusted Rand index 0.953, "
     "0.9 is needed; passed over before: 9 segments with 0.899, 8 segments with 0.930 (the least "
     "stable of them has a Jaccard similarity of 0.844, 0.85 is needed), another leaves all in "
     "one"),
    ((NINE, WHOLE), False, 900, 80,
     "no division into several segments is found again in bootstrap samples of the customers, "
     "which takes an adjusted Rand index of 0.9: 9 segments with 0.899, another leaves all in one"),
    ((WHOLE, WHOLE), False, 900, 80,
     "the customers are so alike that every division leaves them in one segment"),
    ((), False, 49, 30, "49 customers are too few to be divided; it takes 50"),
    ((), False, 50, 1, "all customers are alike"),
    ((), False, 50, 2, "the customers are of only 2 different kinds, too few to be divided"),
])
def test_reasons(
    tried: tuple[Trial, ...], is_divided: bool, customers: int, points: int, reason: str,
) -> None:
    choice = Choice(CentreDivision(np.zeros((1, 1))), len(tried) - 1 if is_divided else None,
                    Stability(None), tried)
    assert explain_choice(choice, customers=customers, points=points) == reason
