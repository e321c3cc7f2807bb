"""Correction for silence: what those who do not answer would say, judged by operational facts.

Who answers a survey differs from who does not: the mean of the answers is that of those who
answered. Two models, of answering and of the score, are fitted on cells of equal facts; the
estimate for the silent is right where either of them is (doubly robust). Neither sees what no
fact tells: silence that comes from the mood alone stays.

Sources: Robins, Rotnitzky & Zhao 1994, JASA 89(427); Bang & Robins 2005, Biometrics 61(4);
response propensities in surveys: Little 1986, International Statistical Review 54(2).

What does **not** belong here: facts and slices, which the engine counts (`orchestration/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.intervals import NORMAL_QUANTILE

MODEL_NAME = "doubly_robust"
MODEL_VERSION = "1"

FEWEST_ANSWERS = 30
"""Answers, and silent invitations, below which nothing is said of a slice."""

LOWEST_PROBABILITY = 0.02
"""Probabilities of an answer are at least this, so that no answer speaks for more than 50."""

_RIDGE = 1.0


@dataclass(frozen=True)
class SilenceModel:
    """What is known of each cell, in the order of the cells.

    Attributes:
        probability: of an answer, LOWEST_PROBABILITY to 1.
        prediction: expected score of an invitation, in the unit of the scores.
        answering_p_value: of the likelihood-ratio test that the facts tell nothing about who
            answers.
        explained_share: share of the variance of the scores that the facts explain, 0 to 1.
    """

    probability: np.ndarray
    prediction: np.ndarray
    answering_p_value: float
    explained_share: float


def fit_silence(cells: pd.DataFrame, facts: Sequence[str]) -> SilenceModel:
    """Fit who answers and what they say to counts of invitations with the same facts.

    Args:
        cells: a row per combination of facts, with `invited` and `answered` (counts) and
            `score_sum`, `score_square_sum` of the answers.
        facts: its categorical columns; null is a category.

    Raises:
        ValueError: nobody answered, or nobody was silent.
    """
    from scipy.stats import chi2

    invited = cells["invited"].to_numpy(float)
    answered = cells["answered"].to_numpy(float)
    if not 0 < answered.sum() < invited.sum():
        raise ValueError("a model of silence needs invitations with an answer and without")
    design = code_facts(cells, facts)
    probability = _fit_answering(design, invited, answered)
    prediction = _fit_score(design, answered, cells["score_sum"].to_numpy(float))
    share = answered.sum() / invited.sum()
    ratio = 2 * (_log_likelihood(probability, invited, answered)
                 - _log_likelihood(np.full(len(invited), share), invited, answered))
    freedom = max(int(np.linalg.matrix_rank(design)), 1)
    mean = cells["score_sum"].sum() / answered.sum()
    total = cells["score_square_sum"].sum() - answered.sum() * mean**2
    explained = 2 * (prediction - mean) @ (cells["score_sum"].to_numpy(float) - answered * mean) \
        - answered @ (prediction - mean) ** 2
    return SilenceModel(
        np.clip(probability, LOWEST_PROBABILITY, 1.0), prediction,
        float(chi2.sf(max(ratio, 0.0), freedom)),
        float(np.clip(explained / total, 0, 1)) if total > 0 else 0.0)


def code_facts(cells: pd.DataFrame, facts: Sequence[str]) -> np.ndarray:
    """Facts as columns of 0 and 1, the first category of each left out: cells × categories."""
    columns = []
    for fact in facts:
        values = cells[fact].astype("string").fillna("").to_numpy(dtype=object)
        columns += [values == value for value in sorted(set(values))[1:]]
    return np.column_stack(columns).astype(float) if columns else np.zeros((len(cells), 0))


def _fit_answering(design: np.ndarray, invited: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Probability of an answer by cell: logistic regression with a light ridge."""
    share = answered.sum() / invited.sum()
    if not design.shape[1]:
        return np.full(len(invited), share)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / _RIDGE, tol=1e-10, max_iter=2_000)
    model.fit(np.vstack([design, design]), np.repeat([1, 0], len(design)),
              sample_weight=np.concatenate([answered, invited - answered]))
    return np.asarray(model.predict_proba(design)[:, 1])


def _fit_score(design: np.ndarray, answered: np.ndarray, score_sum: np.ndarray) -> np.ndarray:
    """Expected score by cell: least squares on the means of the answers, with a light ridge."""
    mean = score_sum.sum() / answered.sum()
    if not design.shape[1]:
        return np.full(len(answered), mean)
    from sklearn.linear_model import Ridge

    has_answer = answered > 0
    model = Ridge(alpha=_RIDGE)
    model.fit(design[has_answer], score_sum[has_answer] / answered[has_answer],
              sample_weight=answered[has_answer])
    return np.asarray(model.predict(design))


def _log_likelihood(
    probability: np.ndarray, invited: np.ndarray, answered: np.ndarray,
) -> float:
    return float(answered @ np.log(probability)
                 + (invited - answered) @ np.log1p(-np.minimum(probability, 1 - 1e-12)))


def conclude_silence(slices: pd.DataFrame, lowest: float, highest: float) -> pd.DataFrame:
    """Scores of those who answered, of the silent and of all, with 95 % intervals and a verdict.

    The score of all is (answered × raw + silent × score of the silent) / invited, exactly.

    Args:
        slices: a row per slice, with `invited_count`, `answered_count`, `raw_score`,
            `silent_score` and the variances `raw_variance`, `silent_variance`,
            `corrected_variance`, `difference_variance` of the means over persons.
        lowest: end of the scale.
        highest: other end.

    Returns:
        The slices with `raw_score`, `silent_score`, `corrected_score`, `difference` (corrected
        less raw), `…_low` and `…_high` of each, and `verdict`: lower, higher (the silent are
        less, more satisfied than who answered), no_difference_shown, too_few, or beyond_facts
        (the estimate leaves the scale). The last two have no scores.
    """
    told = slices.copy()
    silent = told["invited_count"] - told["answered_count"]
    told["silent_count"] = silent
    told["response_rate"] = told["answered_count"] / told["invited_count"]
    told["corrected_score"] = (
        told["answered_count"] * told["raw_score"] + silent * told["silent_score"].fillna(0.0)
    ) / told["invited_count"]
    told["difference"] = told["corrected_score"] - told["raw_score"]
    for name in ("raw_score", "silent_score", "corrected_score", "difference"):
        spread = NORMAL_QUANTILE * np.sqrt(told[name.removesuffix("_score") + "_variance"])
        edges = (lowest, highest) if name != "difference" else (lowest - highest, highest - lowest)
        told[f"{name}_low"] = (told[name] - spread).clip(*edges)
        told[f"{name}_high"] = (told[name] + spread).clip(*edges)
    is_few = (told["answered_count"] < FEWEST_ANSWERS) | (silent < FEWEST_ANSWERS)
    is_outside = ~told["silent_score"].between(lowest, highest)
    told["verdict"] = np.select(
        [is_few, is_outside, told["difference_high"] < 0, told["difference_low"] > 0],
        ["too_few", "beyond_facts", "lower", "higher"], "no_difference_shown")
    scores = [f"{name}{end}" for name in
              ("raw_score", "silent_score", "corrected_score", "difference")
              for end in ("", "_low", "_high")]
    told.loc[is_few | is_outside, scores] = np.nan
    return told.round(dict.fromkeys(scores, 6))
