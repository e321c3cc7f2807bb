"""What teams could learn: where a team does worse than the others with the same mix of topics.

Teams, never persons: who is told of, and how many people a team needs, is the caller's rule.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_ml.frames import require_columns
from models_ml.intervals import NORMAL_QUANTILE, mean_variance
from models_ml.multiplicity import adjust_p_values

MODEL_NAME = "stratified_difference"
MODEL_VERSION = "1"
FALSE_DISCOVERY_RATE = 0.05
ALL_TOPICS = "all"
BETTER = {"score": 1, "reopened_share": -1, "recontact_share": -1}
"""Measure -> 1 where more is better, -1 where less is."""

COUNTED = ("team", "topic", "measure", "cases_count", "value_sum", "value_square_sum",
           "others_count", "others_sum", "others_square_sum")
"""Cases of a team and topic in which the measure is known, and those of all others with it."""

LEAST_OTHERS = 10


def find_training_needs(counts: pd.DataFrame, *, least_cases: int) -> pd.DataFrame:
    """Compare each team with the others, per topic and over all topics.

    Formulas: the difference of a topic is that of the means; over all topics it is the mean of
    these, weighted by the team's cases, so that both have the team's mix. Variances add up, with
    one value added at each end of 0 to 1 (Agresti and Caffo 2000); the test takes the variance of
    both together, as when there is no difference. All comparisons share one false discovery rate.

    Args:
        counts: one row per team, topic and measure, with `COUNTED`.
        least_cases: a team's cases that a comparison needs.

    Returns:
        One row per team, topic (`all` for all of them) and measure that can be compared: `value`,
        `others_value`, `difference` with its 95 % interval, `q_value`, and `is_needed` where the
        team is worse than chance explains.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(counts, COUNTED, "counts")
    comparable = counts[(counts["others_count"] >= LEAST_OTHERS)
                        & (counts["cases_count"] > 0)].reset_index(drop=True)
    rows = [_compare(group, str(team), str(topic), str(measure))
            for keys, group in [
                *comparable.groupby(["team", "topic", "measure"], sort=True),
                *((((team, ALL_TOPICS, measure)), group) for (team, measure), group
                  in comparable.groupby(["team", "measure"], sort=True)
                  if group["topic"].nunique() > 1)]
            for team, topic, measure in [keys] if group["cases_count"].sum() >= least_cases]
    found = pd.DataFrame(rows, columns=[
        "team", "topic", "measure", "cases_count", "value", "others_value", "difference",
        "difference_low", "difference_high", "p_value"])
    found["q_value"] = adjust_p_values(found["p_value"].astype(float))
    better = found["measure"].map(BETTER).astype(float)
    found["is_needed"] = ((found["q_value"] <= FALSE_DISCOVERY_RATE)
                          & (found["difference"].astype(float) * better < 0)).astype(bool)
    return found.assign(model_name=MODEL_NAME, model_version=MODEL_VERSION)


def _compare(strata: pd.DataFrame, team: str, topic: str, measure: str) -> tuple[object, ...]:
    from scipy.stats import norm

    count, others = (strata[name].to_numpy(float) for name in ("cases_count", "others_count"))
    total, other_total, squares, other_squares = (
        strata[name].to_numpy(float)
        for name in ("value_sum", "others_sum", "value_square_sum", "others_square_sum"))
    weight = count / count.sum()
    value, other = float(weight @ (total / count)), float(weight @ (other_total / others))
    variance = weight ** 2 @ (mean_variance(count, total, squares)
                              + mean_variance(others, other_total, other_squares))
    together = mean_variance(count + others, total + other_total, squares + other_squares)
    null_variance = weight ** 2 @ (together * (count + others) * (1 / count + 1 / others))
    error = NORMAL_QUANTILE * float(np.sqrt(variance))
    difference = value - other
    p_value = float(2 * norm.sf(abs(difference) / np.sqrt(null_variance)))
    return (team, topic, measure, int(count.sum()), value, other, difference, difference - error,
            difference + error, p_value)
