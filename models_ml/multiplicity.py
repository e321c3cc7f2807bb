"""Many tests at once: the false discovery rate after Benjamini and Hochberg."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def adjust_p_values(p_values: npt.ArrayLike, tests: int | None = None) -> npt.NDArray[np.float64]:
    """Return q-values: the false discovery rate at which each test is just significant.

    Formula: q of the i-th smallest p is the least of p_j * tests / j over j >= i, at most 1
    (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289-300).

    Args:
        p_values: (n,) of the tests that were computed.
        tests: how many there are, with those that were not computed because they could not be
            significant; n without.

    Raises:
        ValueError: a p-value outside 0..1, or fewer tests than p-values.
    """
    values = np.asarray(p_values, float)
    count = len(values) if tests is None else tests
    if count < len(values):
        raise ValueError("tests: at least as many as p-values")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p_values: between 0 and 1")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * count / np.arange(1, len(values) + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
