"""Where a topic stands out: in which product, store, step or month more speak of it than should.

A cell is a topic at a value of a dimension. It stands out when its volume is more than that of the
rest by an exact test, at a false discovery rate of all cells together, and when it still lies above
1 after it was shrunk to what cells usually are. Scores and cost are told beside it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from models_ml.frames import require_columns
from models_ml.intervals import mean_variance
from models_ml.multiplicity import adjust_p_values
from models_ml.shrinkage import fit_prior, shrink

MODEL_NAME = "gamma_poisson_shrinker"
MODEL_VERSION = "1"
FALSE_DISCOVERY_RATE = 0.05
LEAST_SCORES = 10
DAYS_OF_YEAR = 365.25
# A subtopic that explains so much of what its topic has too much is the better name of the issue.
SPECIFIC_SHARE = 0.8

# Who calls is in another mood than who reviews: the score at a touchpoint alone is no issue.
SAID_AT = "touchpoint"
PAST = "month"

COUNTED = (
    "topic", "level_1_topic", "dimension", "dimension_value", "people_count", "events_count",
    "exposure_count", "topic_events_count", "dimension_exposure_count", "scores_count", "score_sum",
    "score_square_sum", "topic_scores_count", "topic_score_sum", "topic_score_square_sum",
    "cost_amount",
)
"""Columns of `cells`: what was counted of a cell, and of its topic in all cells of the dimension
(topic_…) or of the dimension with all topics (dimension_exposure_count)."""

REST = ("events_count", "expected_count", "cells_count")
"""Columns of `rest`: cells of too few people to be told, of equal counts together."""

_Floats = npt.NDArray[np.float64]


def find_root_causes(
    cells: pd.DataFrame, rest: pd.DataFrame, *, observed_days: int,
) -> pd.DataFrame:
    """Return every cell with how much more its topic is spoken of there than elsewhere.

    Formulas: expected = events of the topic * exposure / exposure of the dimension. Given the
    topic's events, those of the cell are binomial with that share: one-sided exact test, and
    Clopper-Pearson's interval of the rate ratio to the rest. The excess is events * (1 - 1 / shrunk
    ratio), at least 0.

    Args:
        cells: one row per cell that may be told, with `COUNTED`.
        rest: all other cells, zeros too, with `REST`.
        observed_days: days in which the events were counted; money is told per year, that of a
            month as it was.

    Returns:
        The cells with new columns, the worst first by `issue_rank`, which only candidates have;
        what stands still comes before months, which are over.

    Raises:
        ValueError: a column is missing, or no days were observed.
    """
    require_columns(cells, COUNTED, "cells")
    require_columns(rest, REST, "rest")
    if observed_days <= 0:
        raise ValueError("observed_days: at least one")
    found = cells.reset_index(drop=True).copy()
    number = {name: found[name].to_numpy(float) for name in COUNTED if name.endswith(
        ("_count", "_sum", "_amount"))}
    tests = len(found) + int(rest["cells_count"].sum())
    _add_volumes(found, number, rest, tests)
    _add_scores(found, number, tests)
    # A month is over: what it cost comes in no other year.
    is_past = found["dimension"].to_numpy() == PAST
    found["cost_per_year"] = number["cost_amount"] * np.where(
        is_past, 1.0, DAYS_OF_YEAR / observed_days)
    for end, ratio in (("", "shrunk_ratio"), ("_low", "shrunk_low"), ("_high", "shrunk_high")):
        excess = np.maximum(0.0, 1 - 1 / found[ratio].to_numpy(float))
        found[f"excess_cost_per_year{end}"] = found["cost_per_year"].to_numpy(float) * excess
    found["excess_events"] = number["events_count"] * np.maximum(
        0.0, 1 - 1 / found["shrunk_ratio"].to_numpy(float))
    found["is_candidate"] = _choose_candidates(found)
    found = found.assign(is_past=is_past).sort_values(
        ["is_candidate", "is_past", "excess_cost_per_year", "excess_events", "topic", "dimension",
         "dimension_value"], ascending=[False, True, False, False, True, True, True],
        ignore_index=True).drop(columns="is_past")
    rank = pd.Series(np.arange(1, len(found) + 1), dtype="Int64")
    return found.assign(issue_rank=rank.where(found["is_candidate"]),
                        model_name=MODEL_NAME, model_version=MODEL_VERSION)


def _add_volumes(found: pd.DataFrame, number: dict[str, _Floats], rest: pd.DataFrame,
                 tests: int) -> None:
    from scipy.stats import beta, binom

    events, total = number["events_count"], number["topic_events_count"]
    exposure, whole = number["exposure_count"], number["dimension_exposure_count"]
    share = np.divide(exposure, whole, out=np.zeros_like(exposure), where=whole > 0)
    expected = total * share
    prior = fit_prior(np.concatenate([events, rest["events_count"].to_numpy(float)]),
                      np.concatenate([expected, rest["expected_count"].to_numpy(float)]),
                      np.concatenate([np.ones(len(found)), rest["cells_count"].to_numpy(float)]))
    shrunk = shrink(events, expected, prior)
    odds = (1 - share) / share
    with np.errstate(divide="ignore", invalid="ignore"):
        low = beta.ppf(0.025, events, total - events + 1)
        high = beta.ppf(0.975, events + 1, total - events)
        found["expected_count"] = expected
        found["ratio"] = np.where(
            events < total, events / (total - events) * odds, np.nan)
        found["ratio_low"] = low / (1 - low) * odds
        found["ratio_high"] = np.where(events < total, high / (1 - high) * odds, np.nan)
    found["shrunk_ratio"], found["shrunk_low"] = shrunk.ratio, shrunk.low
    found["shrunk_high"] = shrunk.high
    found["p_value"] = np.clip(binom.sf(events - 1, total, share), 0.0, 1.0)
    found["q_value"] = adjust_p_values(found["p_value"], tests)
    found["stands_out"] = ((found["q_value"] <= FALSE_DISCOVERY_RATE)
                           & (found["shrunk_low"] > 1)).astype(bool)


def _add_scores(found: pd.DataFrame, number: dict[str, _Floats], tests: int) -> None:
    """Mean score of the cell against that of its topic elsewhere: Welch's interval and test."""
    from scipy.stats import t as student

    count, others = number["scores_count"], number["topic_scores_count"] - number["scores_count"]
    told = (count >= LEAST_SCORES) & (others >= LEAST_SCORES)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = number["score_sum"] / count
        other_mean = (number["topic_score_sum"] - number["score_sum"]) / others
        parts = [
            mean_variance(count, number["score_sum"], number["score_square_sum"]),
            mean_variance(others, number["topic_score_sum"] - number["score_sum"],
                          number["topic_score_square_sum"] - number["score_square_sum"])]
        variance = parts[0] + parts[1]
        degrees = variance ** 2 / (parts[0] ** 2 / (count - 1) + parts[1] ** 2 / (others - 1))
        difference = mean - other_mean
        error = student.ppf(0.975, degrees) * np.sqrt(variance)
        p_value = 2 * student.sf(np.abs(difference) / np.sqrt(variance), degrees)
    p_value = np.where(told & np.isfinite(p_value), np.clip(p_value, 0.0, 1.0), 1.0)
    for name, values in (("score", mean), ("rest_score", other_mean),
                         ("score_difference", difference), ("score_difference_low",
                         difference - error), ("score_difference_high", difference + error)):
        found[name] = np.where(told, values, np.nan)
    found["score_q_value"] = np.where(told, adjust_p_values(p_value, tests), np.nan)
    found["is_score_worse"] = (told & (found["score_q_value"] <= FALSE_DISCOVERY_RATE)
                               & (difference < 0))


def _choose_candidates(found: pd.DataFrame) -> pd.Series:
    """What stands out; of a topic and its subtopics in one place the one that says most."""
    is_worse = found["is_score_worse"] & (found["dimension"] != SAID_AT)
    noted = found[found["stands_out"] | is_worse]
    place = ["dimension", "dimension_value", "level_1_topic"]
    kept = set(noted.index)
    for _, group in noted.groupby(place, sort=False):
        above = group[group["topic"] == group["level_1_topic"]]
        below = group[group["topic"] != group["level_1_topic"]]
        if above.empty or below.empty:
            continue
        enough = below["excess_events"] >= SPECIFIC_SHARE * above["excess_events"].iloc[0]
        kept -= set(above.index if enough.any() else below.index)
        kept -= set(below.index[~enough])
    return pd.Series(found.index.isin(kept), index=found.index)
