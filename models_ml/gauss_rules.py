"""Gauss rules: nodes and weights that integrate smooth functions over an interval or a beta law.

Integrals take the place of hypergeometric series, which overflow, converge slowly or divide by
zero for the parameters that real purchase histories give.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=8)
def interval_rule(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights for the mean of a function over 0..1."""
    nodes, weights = np.polynomial.legendre.leggauss(size)
    return (nodes + 1) / 2, weights / 2


def beta_rule(a: float, b: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Jacobi nodes and weights for the mean of a function of a Beta(a, b) variable.

    By the eigenvalues of the Jacobi matrix, whose weights need no normalising constant, so that
    neither a tiny `a` nor a large `b` overflows.

    Source: Golub & Welsch 1969, Mathematics of Computation 23.
    """
    from scipy.linalg import eigh_tridiagonal

    upper, lower = b - 1, a - 1
    total = upper + lower
    k = np.arange(1, size)
    diagonal = np.empty(size)
    diagonal[0] = (lower - upper) / (total + 2)
    diagonal[1:] = (lower**2 - upper**2) / ((2 * k + total) * (2 * k + total + 2))
    beside = np.empty(size - 1)
    beside[0] = 4 * (1 + upper) * (1 + lower) / ((2 + total) ** 2 * (3 + total))
    k = k[1:]
    beside[1:] = (4 * k * (k + upper) * (k + lower) * (k + total)
                  / ((2 * k + total) ** 2 * (2 * k + total + 1) * (2 * k + total - 1)))
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(beside))
    return np.clip((nodes + 1) / 2, 0.0, 1.0), vectors[0] ** 2
