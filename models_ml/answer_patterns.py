"""Fewer patterns of missing answers, so that what is done once per pattern stays quick.

A pattern is coarsened by giving up answers: never the outcome's, and never one because of its
value. What is estimated stays right where missing answers depend on what is kept, the outcome for
one; its intervals become wider.
"""

from __future__ import annotations

import numpy as np

LIMIT = 512
"""Patterns that are kept: half of them the most frequent, the other half coarsened."""


def coarsen_patterns(
    observed: np.ndarray, rows: np.ndarray, *, always: int, limit: int = LIMIT,
) -> np.ndarray:
    """Give up answers of rare patterns until at most `limit` patterns are left.

    The most frequent half of the patterns stays. In the others variables are tied together, two
    groups at a time, those first that are most often answered or missing together: a group counts
    as answered where all of it is.

    Args:
        observed: (patterns, d) whether a pattern has an answer.
        rows: (patterns,) how many rows have it.
        always: how many of the last variables are never given up: the outcomes.
        limit: how many patterns are left, at least two.

    Returns:
        (patterns, d) the answers that each pattern keeps, a part of `observed`.
    """
    if len(observed) <= limit:
        return observed.copy()
    order = np.lexsort([*observed.T, -rows])
    rare = order[limit // 2:]
    kept = observed.copy()
    masks, weight = observed[rare], rows[rare].astype(float)
    free = masks.shape[1] - always
    groups: list[list[int]] = [[place] for place in range(free)]
    while len(groups) > 1:
        whole = np.stack([masks[:, group].all(axis=1) for group in groups], axis=1)
        if _count_distinct(np.concatenate([whole, masks[:, free:]], axis=1)) <= limit - limit // 2:
            break
        whole = whole.astype(float)
        sizes = np.array([len(group) for group in groups], dtype=float)
        both = (whole * weight[:, None]).T @ whole
        alone = np.diag(both)[:, None] - both
        lost = alone * sizes[:, None] + alone.T * sizes
        lost[np.tril_indices(len(groups))] = np.inf
        first, second = np.unravel_index(int(np.argmin(lost)), lost.shape)
        groups[first] += groups.pop(second)
    kept[rare] = _tie(masks, groups)
    return kept


def _count_distinct(masks: np.ndarray) -> int:
    """Number of different rows; bytes are much quicker to compare than columns."""
    packed = np.packbits(masks, axis=1)
    return len(np.unique(packed.view(f"V{packed.shape[1]}")))


def _tie(masks: np.ndarray, groups: list[list[int]]) -> np.ndarray:
    tied = masks.copy()
    for group in groups:
        tied[:, group] = masks[:, group].all(axis=1, keepdims=True)
    return tied
