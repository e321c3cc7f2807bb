"""Decision limits of CUSUM charts: where a chart without a change alarms once in so many days.

A one-sided chart adds up `max(0, S + z - k)` of standard normal days and alarms above h. How long
it runs on average is computed by a Markov chain over the values of S.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

STATES = 50
FALSE_ALARM_DAYS = 450.0
"""Days from one false alarm to the next on a two-sided chart whose expectation is known.

A year would be enough for one false alert a year; the rest is room for what is not known: the
expectation is estimated (Jensen et al. 2006 on what that costs), and days are not exactly normal.
"""


def run_length(reference: float, limit: float, shift: float = 0.0) -> float:
    """Mean number of days until a one-sided chart that starts at 0 alarms.

    Args:
        reference: k, what is taken off each day, in standard deviations of a day.
        limit: h.
        shift: mean of the days.

    Source: Brook and Evans 1972, Biometrika 59(3).
    """
    width = 2 * limit / (2 * STATES - 1)
    centres = np.arange(STATES) * width
    step = centres[None, :] - centres[:, None] + reference - shift
    moves = ndtr(step + width / 2) - ndtr(step - width / 2)
    moves[:, 0] = ndtr(step[:, 0] + width / 2)
    return float(np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))[0])


@cache
def decision_limit(reference: float, days: float = FALSE_ALARM_DAYS) -> float:
    """Limit h at which a two-sided chart without a change alarms once in `days` on average.

    Of two sides each alarms half as often (Hawkins and Olwell 1998, section 3.3).

    Raises:
        ValueError: a reference value below 0.2 or above 1.5, where the chain is not exact.
    """
    if not 0.2 <= reference <= 1.5:
        raise ValueError(f"reference value {reference} does not lie in 0.2 to 1.5")
    return float(brentq(lambda limit: run_length(reference, limit) - 2 * days, 0.2,
                        6 / reference ** 0.7, xtol=1e-4))


GRID = np.round(np.arange(0.35, 1.0001, 0.05), 2)
"""Reference values that are used; in between they are rounded down."""


@cache
def limits_on_grid(days: float = FALSE_ALARM_DAYS) -> np.ndarray:
    """Limits of `GRID`."""
    return np.array([decision_limit(float(reference), days) for reference in GRID])
