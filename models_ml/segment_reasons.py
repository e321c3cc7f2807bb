"""Says in words why customers are in as many segments as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models_ml.segment_divisions import HIGHLY_STABLE, LEAST_CUSTOMERS, STABLE, Choice, Trial


def explain_choice(choice: Choice, *, customers: int, points: int) -> str:
    """One sentence about the division that was chosen, and those that were passed over.

    Args:
        choice: what was chosen.
        customers: how many there are.
        points: how many different ones of them, by the features that divide.
    """
    if customers < LEAST_CUSTOMERS:
        return f"{customers} customers are too few to be divided; it takes {LEAST_CUSTOMERS}"
    if not choice.tried:
        return ("all customers are alike" if points == 1 else
                f"the customers are of only {points} different kinds, too few to be divided")
    if all(trial.segments_count == 1 for trial in choice.tried):
        return "the customers are so alike that every division leaves them in one segment"
    *before, last = choice.tried
    if choice.fit_number is None:
        return ("no division into several segments is found again in bootstrap samples of the "
                f"customers, which takes an adjusted Rand index of {STABLE}: {_list(choice.tried)}")
    told = (f"{last.segments_count} segments are found again in bootstrap samples of the customers:"
            f" adjusted Rand index {_cut(last.rand_index)}, {STABLE} is needed")
    return f"{told}; passed over before: {_list(before)}" if before else told


def _list(trials: Sequence[Trial]) -> str:
    return ", ".join(_tell(trial) for trial in trials)


def _tell(trial: Trial) -> str:
    if trial.segments_count == 1:
        return "another leaves all in one"
    told = f"{trial.segments_count} segments with {_cut(trial.rand_index)}"
    if trial.rand_index >= STABLE and not trial.is_stable:
        told += (" (the least stable of them has a Jaccard similarity of "
                 f"{_cut(trial.least_jaccard)}, {HIGHLY_STABLE} is needed)")
    return told


def _cut(value: float) -> str:
    """Three digits, never rounded up to a limit that was missed."""
    return f"{math.floor(value * 1000) / 1000:.3f}"
