"""Correction for silence: figures on paper, planted silence, nothing to correct, nobody silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.nonresponse import code_facts, conclude_silence, fit_silence


def cells(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def slice_of(**given: float) -> pd.DataFrame:
    columns = {"invited_count": 200, "answered_count": 100, "raw_score": 80.0,
               "silent_score": 60.0, "raw_variance": 1.0, "silent_variance": 4.0,
               "corrected_variance": 1.0, "difference_variance": 1.0} | given
    return pd.DataFrame([columns])


def test_models_of_two_cells_are_the_figures_on_paper() -> None:
    """On time 600 of 1,000 answered 80 on average; late 200 of 1,000 answered 40."""
    model = fit_silence(cells(
        delivery=["late", "on_time"], invited=[1000, 1000], answered=[200, 600],
        score_sum=[200 * 40.0, 600 * 80.0],
        score_square_sum=[200 * 40.0**2, 600 * 80.0**2]), ["delivery"])
    np.testing.assert_allclose(model.probability, [0.2, 0.6], atol=2e-3)
    np.testing.assert_allclose(model.prediction, [40, 80], atol=0.3)
    assert model.answering_p_value < 1e-12
    assert model.explained_share == pytest.approx(1, abs=1e-3)


def test_facts_that_tell_nothing_leave_one_probability_and_the_mean() -> None:
    model = fit_silence(cells(
        delivery=["late", "on_time"], invited=[500, 500], answered=[200, 200],
        score_sum=[200 * 70.0, 200 * 70.0],
        score_square_sum=[200 * 5000.0, 200 * 5000.0]), ["delivery"])
    np.testing.assert_allclose(model.probability, [0.4, 0.4], atol=1e-6)
    np.testing.assert_allclose(model.prediction, [70, 70], atol=1e-6)
    assert model.answering_p_value == pytest.approx(1, abs=1e-6)
    assert model.explained_share == pytest.approx(0, abs=1e-9)


def test_without_a_second_category_there_is_one_model_for_all() -> None:
    model = fit_silence(cells(delivery=["none"], invited=[50], answered=[20], score_sum=[100.0],
                              score_square_sum=[600.0]), ["delivery"])
    assert model.probability.tolist() == [0.4]
    assert model.prediction.tolist() == [5.0]


@pytest.mark.parametrize("answered", [0, 50], ids=["nobody answered", "nobody is silent"])
def test_silence_needs_answers_and_silent(answered: int) -> None:
    with pytest.raises(ValueError, match="with an answer and without"):
        fit_silence(cells(delivery=["none"], invited=[50], answered=[answered],
                          score_sum=[1.0], score_square_sum=[1.0]), ["delivery"])


def test_a_fact_that_nobody_knows_is_a_category() -> None:
    coded = code_facts(cells(channel=[None, "sms", "email"]), ["channel"])
    assert coded.tolist() == [[0, 0], [0, 1], [1, 0]]


def test_all_are_the_answered_and_the_silent() -> None:
    """100 at 80 and 100 at 60 are 200 at 70; the difference of -10 has a standard error of 1."""
    told = conclude_silence(slice_of(), 0, 100).iloc[0]
    assert told["corrected_score"] == 70
    assert told["difference"] == -10
    assert told["difference_low"] == pytest.approx(-11.959964)
    assert told["silent_score_high"] == pytest.approx(63.919928)
    assert told["verdict"] == "lower"
    assert told["response_rate"] == 0.5


@pytest.mark.parametrize(("given", "verdict"), [
    ({"silent_score": 95.0}, "higher"),
    ({"difference_variance": 30.0}, "no_difference_shown"),
    ({"answered_count": 29}, "too_few"),
    ({"answered_count": 171}, "too_few"),
    ({"silent_score": 100.5}, "beyond_facts"),
    ({"silent_score": np.nan, "answered_count": 200}, "too_few"),
])
def test_verdicts(given: dict[str, float], verdict: str) -> None:
    told = conclude_silence(slice_of(**given), 0, 100).iloc[0]
    assert told["verdict"] == verdict
    assert pd.isna(told["corrected_score"]) == (verdict in ("too_few", "beyond_facts"))


def test_intervals_stay_on_the_scale() -> None:
    told = conclude_silence(slice_of(raw_score=99.5, silent_score=0.5), 0, 100).iloc[0]
    assert told["raw_score_high"] == 100
    assert told["silent_score_low"] == 0
