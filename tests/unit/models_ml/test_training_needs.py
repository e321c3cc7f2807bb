"""Training needs: the mix of topics is the team's own, chance names nobody, few are not told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.improvement_words import tell_training_need
from models_ml.training_needs import COUNTED, find_training_needs


def share(team: str, topic: str, cases: int, hits: int, others: int, other_hits: int,
          measure: str = "reopened_share") -> dict[str, object]:
    """Cases of a team and of the others with how many were opened again."""
    return dict(zip(COUNTED, (team, topic, measure, cases, hits, hits, others, other_hits,
                              other_hits), strict=True))


def compare(*rows: dict[str, object]) -> pd.DataFrame:
    return find_training_needs(pd.DataFrame(rows, columns=[*COUNTED]), least_cases=10).set_index(
        ["team", "topic", "measure"])


def test_the_difference_on_paper() -> None:
    row = compare(share("A", "delivery", 100, 30, 400, 40)).loc["A", "delivery", "reopened_share"]
    assert row["value"] == pytest.approx(0.3)
    assert row["others_value"] == pytest.approx(0.1)
    # Agresti and Caffo 2000: shares of (31, 102) and (41, 402).
    error = 1.95996 * np.sqrt(31 / 102 * 71 / 102 / 100 + 41 / 402 * 361 / 402 / 400)
    assert row["difference_high"] - row["difference"] == pytest.approx(error, rel=1e-4)
    assert row["is_needed"]


def test_a_team_with_hard_topics_is_compared_on_these() -> None:
    """Worse over all than the others, but as good as they are in each topic."""
    found = compare(share("A", "hard", 90, 45, 100, 50), share("A", "easy", 10, 0, 900, 9))
    row = found.loc["A", "all", "reopened_share"]
    assert row["value"] == pytest.approx(0.45)
    assert row["others_value"] == pytest.approx(0.9 * 0.5 + 0.1 * 0.01)
    assert not found["is_needed"].any()


def test_a_good_team_needs_nothing_and_low_scores_do() -> None:
    found = compare(share("A", "delivery", 200, 2, 400, 80),
                    share("B", "delivery", 200, 100, 400, 300, "score"))
    assert not found.loc["A", "delivery", "reopened_share"]["is_needed"]
    assert found.loc["B", "delivery", "score"]["is_needed"]


def test_few_cases_are_not_told() -> None:
    assert compare(share("A", "delivery", 9, 9, 400, 4)).empty
    assert compare(share("A", "delivery", 90, 9, 9, 4)).empty
    assert compare().empty


def test_chance_names_hardly_anybody() -> None:
    rng = np.random.default_rng(6)
    named = 0
    for _ in range(60):
        rows = [share(team, topic, n, int(rng.binomial(n, 0.08)), 300,
                      int(rng.binomial(300, 0.08)))
                for team in "ABCDE" for topic in ("x", "y", "z")
                for n in [int(rng.integers(10, 200))]]
        named += bool(compare(*rows)["is_needed"].any())
    assert named <= 0.07 * 60


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="missing column team"):
        find_training_needs(pd.DataFrame({"topic": []}), least_cases=10)


@pytest.mark.parametrize(("needed", "difference", "said", "gesagt"), [
    (True, 0.2, "worse", "schlechter"),
    (False, 0.2, "no difference shown", "kein Unterschied nachgewiesen"),
    (False, -0.2, "not worse", "nicht schlechter"),
])
def test_evidence_says_it_in_words(
    needed: bool, difference: float, said: str, gesagt: str,
) -> None:
    english, german = tell_training_need(
        {"team": "A", "topic": "all", "topic_name_en": "all", "topic_name_de": "all",
         "measure": "reopened_share", "value": 0.3, "others_value": 0.1, "cases_count": 100,
         "difference": difference, "difference_low": 0.1, "difference_high": 0.3,
         "is_needed": needed})
    assert english == ("Team A over all topics: share opened again 0.30 in 100 cases against 0.10 "
                       f"of others (difference 0.10 to 0.30): {said}.")
    assert german == ("Team A über alle Themen: Anteil wieder eröffnet 0,30 in 100 Anliegen "
                      f"gegenüber 0,10 bei anderen (Differenz 0,10 bis 0,30): {gesagt}.")
